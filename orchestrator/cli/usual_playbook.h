/* usual_playbook.h - which shipped playbook reads the version of an appliance. */
#ifndef CLI_USUAL_PLAYBOOK_H
#define CLI_USUAL_PLAYBOOK_H

/* Of the kind in its document (canonical JSON); "FILE.yaml" where none is shipped.
   Borrowed: static. */
const char *usual_playbook(const char *doc);

#endif
