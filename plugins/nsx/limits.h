/*
 * limits.h - every bound of the plugin in one place.
 */
#ifndef NSX_LIMITS_H
#define NSX_LIMITS_H

#define NSX_BODY_MAX     (1024u * 1024u)  /* bytes of an answer                   */
#define NSX_TEXT_MAX     400u             /* bytes of a message in a sentence     */
#define NSX_CAUSES_MAX   3u               /* related errors that are told         */
#define NSX_LIST_MAX     512u             /* items of one list that are read      */
#define NSX_NODES_MAX    16u              /* managers of one cluster              */
#define NSX_VCENTERS_MAX 64u              /* compute managers of one cluster      */
#define NSX_PAGES_MAX    16u              /* pages of one list                    */
#define NSX_CURSOR_MAX   512u             /* bytes of a page's cursor             */
#define NSX_ID_MAX       128u             /* bytes of an id that enters a path    */
#define NSX_NAMES_SAID   6u               /* names listed in a sentence           */
#define NSX_VERSION_MAX  64u              /* bytes of "4.1.2.1.0.22667794"        */
#define NSX_STEPS_MAX    64u              /* steps of an upgrade                  */
#define NSX_ANSWERS_MAX  32u              /* questions before an upgrade          */
#define NSX_REFUSED_MAX  4096u            /* refused passwords that are remembered */
#define NSX_FORWARD_MS   (10 * 60 * 1000) /* a backup further ahead is no backup */

#define NSX_READ_MS        60000              /* one read, first to last byte         */
#define NSX_ACT_MS         120000             /* one request that starts something    */
#define NSX_UPLOAD_MS      (12 * 3600 * 1000) /* one bundle; the step's time counts too */
#define NSX_STALL_MS       300000             /* no byte for so long: give up         */
#define NSX_LATER_MS       10000              /* look again at what was busy          */
#define NSX_REFUSAL_MS     (5 * 60 * 1000)    /* a refused password is not repeated   */
#define NSX_SECOND_LOOK_MS 4000               /* a request that was taken shows by then */
#define NSX_SILENCE_MS     (30 * 60 * 1000)   /* usual: how long nobody may answer    */
#define NSX_SETTLE_MS      (30 * 60 * 1000)   /* usual: until all are well afterwards */
#define NSX_OLD_LOOKS      8                  /* looks at a state that only flaps     */

#endif
