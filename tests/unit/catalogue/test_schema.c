/* test_schema.c - the JSON Schema of versions has the keys that the decoder has. */
#include "../playbook/schema.h"

#include "catalogue/catalogue.h"

static void schema_and_decoder_agree(void **state)
{
    size_t count = 0;
    const struct key_table *const *tables = catalogue_tables(&count);
    (void)state;
    schema_and_tables_agree("versions", tables, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(schema_and_decoder_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
