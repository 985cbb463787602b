# Embed scripts/*.sh as C texts (scripts.h), comment lines left out: what goes
# over the wire is code. Runs again when a script changes.
file(GLOB ssh_scripts CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/scripts/*.sh)
set(ssh_scripts_c "#include \"ssh/scripts.h\"\n")
foreach(script ${ssh_scripts})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${script})
  get_filename_component(name ${script} NAME_WE)
  file(READ ${script} hex HEX)
  # comment lines: a line feed (or the start), blanks, "#", up to the next line feed
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\1," hex "0a${hex}")
  string(REGEX REPLACE "0a,(20,|09,)*23,([1-9a-f].,|0[0-9b-f],)*" "" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])," "0x\\1," hex "${hex}")
  string(APPEND ssh_scripts_c "const char script_${name}[] = {${hex}0};\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/ssh_scripts.c CONTENT "${ssh_scripts_c}" @ONLY)
target_sources(plugin_ssh PRIVATE ${CMAKE_BINARY_DIR}/ssh_scripts.c)
