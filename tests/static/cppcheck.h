/*
 * cppcheck.h - what cppcheck does not know of jansson; it includes this first.
 */
#ifndef STATIC_CPPCHECK_H
#define STATIC_CPPCHECK_H

#define json_object_foreach(object, key, value)                                          \
    for (key = json_object_key(object); (value = json_object_get(object, key));)

#define json_array_foreach(array, index, value)                                          \
    for (index = 0; (value = json_array_get(array, index)); index++)

#endif
