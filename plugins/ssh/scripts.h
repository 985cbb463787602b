/*
 * scripts.h - the shell scripts of scripts/, without their comments, as texts.
 * They run under dash, bash and busybox ash. scripts.cmake makes the texts.
 */
#ifndef SSH_SCRIPTS_H
#define SSH_SCRIPTS_H

extern const char script_facts[];
extern const char script_launch[];
extern const char script_supervise[];
extern const char script_probe[];
extern const char script_inspect[];
extern const char script_finish[];

#endif
