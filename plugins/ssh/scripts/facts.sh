# facts.sh - three lines: boot id, /proc/uptime, kernel.
#
# SLIPWAY_BOOT_ID_FILE is set where many rehearsal appliances share one kernel.
cat "${SLIPWAY_BOOT_ID_FILE:-/proc/sys/kernel/random/boot_id}" && cat /proc/uptime && uname -r
