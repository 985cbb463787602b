/*
 * fuzz_expr.c - expressions: any bytes as SQL, on a document that is there. Bounded in
 * time and memory; the same input gives the same answer.
 */
#include "fuzz.h"
#include "expr/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const columns[] = {"result", "vars", "version"};
    static const char *const values[] = {"{\"rc\":0,\"stdout\":\"8.0.3\"}",
                                         "{\"target_version\":\"8.0.3\"}", "7.0.3"};
    struct slipway_error err = {""};
    static struct expr_engine *engine;
    if (!engine)
        engine = expr_create(&err);
    MUST(engine);
    auto_free char *sql = fuzz_text(data, size);
    struct expr_value one = {0}, two = {0};
    if (expr_eval(engine, sql, columns, values, 3, &one, &err)) {
        MUST(err.text[0]);
        return 0;
    }
    auto_free char *first = expr_value_text(&one);
    if (!expr_eval(engine, sql, columns, values, 3, &two, &err)) {
        auto_free char *second = expr_value_text(&two);
        MUST(!strcmp(first, second));
    }
    expr_value_free(&one);
    expr_value_free(&two);
    return 0;
}
