/*
 * statements.c - every SQL text that runs on an open store, under its name.
 * Schema changes are in schema.c. Parameters and columns are used in order by the
 * functions named beside each group; ?N is written only where one is used twice.
 */
#include "store/sql.h"

/* Columns that queries_campaign.c reads into struct store_campaign. */
#define CAMPAIGN_COLUMNS                                                                 \
    "SELECT c.id, c.name, c.digest, c.playbook, c.created_by, c.seed, c.created_ms,"     \
    " c.started_ms, c.epoch, c.state, c.since_ms, c.reason, c.actor, c.mode, c.budget,"  \
    " c.in_flight_max, c.in_flight, c.failed, c.in_doubt, c.target_count, c.wave_count," \
    " h.seq FROM campaign c JOIN chain h ON h.campaign = c.id "

/* Columns that intents.c reads into struct store_intent. */
#define INTENT_COLUMNS                                                                   \
    "SELECT i.id, i.target, t.name, i.activity, i.idx, i.moment, i.step, i.use, "        \
    "i.class,"                                                                           \
    " i.incarnation, i.attempt, i.key, i.fingerprint, i.arguments, i.target_digest,"     \
    " i.issued_ms, i.deadline_ms, i.handle, i.settled_ms, i.outcome, i.sentence"         \
    " FROM intent i JOIN target t ON t.campaign = i.campaign AND t.idx = i.target "

/* Columns that queries_target.c reads into struct store_target. */
#define TARGET_COLUMNS_BY(index)                                                         \
    "SELECT t.idx, t.name, t.site, t.link_group, t.manager, t.wave, w.name,"             \
    " t.version_from, t.version_before, t.version_now, t.state, t.parked_from,"          \
    " t.since_ms, t.first_ms, t.soak_until_ms, t.reason, t.position, p.id,"              \
    " t.incarnation, t.retries, t.changed, t.acknowledged, t.hold_reason, t.hold_actor," \
    " t.hold_until_ms, t.activity, t.activity_index, a.id, a.use, t.moment,"             \
    " t.step_state,"                                                                     \
    " t.attempt, t.intent, t.begun_ms, t.issued_ms, t.deadline_ms, t.not_before_ms,"     \
    " t.doubt_since_ms, t.handle, t.sentence, t.progress, t.progress_text,"              \
    " t.companion, t.arrived, t.off, t.unit, u.state, u.reason"                          \
    " FROM target t " index " JOIN wave w ON w.campaign = t.campaign AND w.idx = t.wave" \
    " LEFT JOIN unit u ON u.campaign = t.campaign AND u.idx = t.unit"                    \
    " LEFT JOIN plan_item p ON p.campaign = t.campaign AND p.kind = 'step'"              \
    "  AND p.idx = t.position"                                                           \
    " LEFT JOIN plan_item a ON a.campaign = t.campaign AND a.kind = t.activity"          \
    "  AND a.idx = t.activity_index "
#define TARGET_COLUMNS TARGET_COLUMNS_BY("")

/* Columns that records.c reads into struct record. */
#define EVENT_COLUMNS                                                                    \
    "e.id & 0xffffffffff, e.at_ms, e.kind, e.wave, e.target, e.was, e.event, e.now,"     \
    " e.activity, e.idx, e.moment, e.attempt, e.incarnation, e.intent, e.number,"        \
    " e.text, e.detail, e.actor"

#define NAMED_EVENTS                                                                     \
    "SELECT " EVENT_COLUMNS ", t.name, w.name, e.hash, p.id FROM event e"                \
    " LEFT JOIN target t ON t.campaign = ?1 AND t.idx = e.target"                        \
    " LEFT JOIN wave w ON w.campaign = ?1 AND w.idx = e.wave"                            \
    " LEFT JOIN plan_item p ON p.campaign = ?1 AND p.idx = e.idx AND p.kind ="           \
    "  CASE e.kind WHEN 'step' THEN e.activity WHEN 'baseline' THEN 'check'"             \
    "  WHEN 'position' THEN 'step' WHEN 'snapshot' THEN 'step' END"                      \
    " WHERE e.id > (?1 << 40) + ?2 AND e.id < (?1 + 1) << 40"                            \
    " AND (?3 < 0 OR e.target = ?3) AND (?4 < 0 OR e.wave = ?4)"                         \
    " AND (?5 IS NULL OR e.kind = ?5) "

#define APPLIANCE_COLUMNS                                                                \
    "SELECT name, host, kind, site, version, link_group, calendar, manager, datastore,"  \
    " labels, doc, seen_version, seen_ms, imported_ms"

const char *const statement_sql[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_READ_BEGIN] = "BEGIN",

    /* create.c */
    [STATEMENT_CAMPAIGN_BY_DIGEST] = "SELECT id FROM campaign WHERE digest = ?",
    [STATEMENT_ADD_CAMPAIGN] =
        "INSERT INTO campaign(name, digest, playbook, seed, created_ms, created_by,"
        " target_count, wave_count, mode, state, since_ms, epoch, started_ms, budget,"
        " in_flight_max, in_flight, failed, in_doubt)"
        " VALUES(?,?,?,?,?,?,?,?,?,?,0,0,0,?,?,0,0,0)",
    [STATEMENT_ADD_PLAN] = "INSERT INTO plan(campaign, json) VALUES(?,?)",
    [STATEMENT_ADD_PLAN_ITEM] =
        "INSERT INTO plan_item(campaign, kind, idx, id, use) VALUES(?,?,?,?,?)",
    [STATEMENT_ADD_CHAIN] = "INSERT INTO chain(campaign, seq, hash) VALUES(?,0,?)",
    [STATEMENT_ADD_WAVE] =
        "INSERT INTO wave(campaign, idx, name, state, since_ms, target_count, soak_ms,"
        " budget, failed, in_doubt, gate, approved) "
        "VALUES(?,?,?,'pending',0,?,?,?,0,0,?,0)",
    [STATEMENT_ADD_TARGET] =
        "INSERT INTO target(campaign, idx, wave, name, site, link_group, manager,"
        " version_from, state, parked_from, since_ms, first_ms, soak_until_ms, position,"
        " incarnation, retries, changed, acknowledged, hold_until_ms, activity,"
        " activity_index, moment, step_state, attempt, intent, begun_ms, issued_ms,"
        " deadline_ms, not_before_ms, doubt_since_ms, companion, unit)"
        " VALUES(?,?,?,?,?,?,?,?,'pending','pending',0,0,0,-1,0,0,0,0,0,'none',0,'before'"
        ","
        " 'idle',0,0,0,0,0,0,0,?,?)",
    [STATEMENT_ADD_UNIT] = "INSERT INTO unit(campaign, idx, name, first, target_count,"
                           " state, since_ms) VALUES(?,?,?,?,?,'gathering',0)",
    [STATEMENT_ADD_CAP] = "INSERT INTO cap(campaign, kind, idx, key, max, used, claimed)"
                          " VALUES(?,?,?,?,?,0,0)",
    [STATEMENT_ADD_TARGET_CAP] =
        "INSERT INTO target_cap(campaign, target, kind, rank, cap) VALUES(?,?,?,?,?)",

    /* records.c */
    [STATEMENT_CHAIN] = "SELECT seq, hash FROM chain WHERE campaign = ?",
    [STATEMENT_SAVE_CHAIN] = "UPDATE chain SET seq = ?, hash = ? WHERE campaign = ?",
    [STATEMENT_APPEND] =
        "INSERT INTO event(id, at_ms, kind, wave, target, was, event, now, activity, idx,"
        " moment, attempt, incarnation, intent, number, text, detail, actor, hash)"
        " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [STATEMENT_SAVE_CHECK] =
        "INSERT INTO check_result(campaign, target, idx, moment, verdict, text, at_ms)"
        " VALUES(?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET verdict = excluded.verdict,"
        " text = excluded.text, at_ms = excluded.at_ms",
    [STATEMENT_REPLAY] = "SELECT " EVENT_COLUMNS " FROM event e"
                         " WHERE e.id >= (?1 << 40) + ?2 AND e.id < (?1 + 1) << 40"
                         " ORDER BY e.id",

    /* rows.c */
    [STATEMENT_SAVE_CAMPAIGN] =
        "UPDATE campaign SET state = ?, since_ms = ?, reason = ?, actor = ?, epoch = ?,"
        " started_ms = ?, budget = ?, in_flight_max = ?, in_flight = ?, failed = ?,"
        " in_doubt = ? WHERE id = ?",
    [STATEMENT_SAVE_WAVE] =
        "UPDATE wave SET state = ?, since_ms = ?, budget = ?, failed = ?, in_doubt = ?,"
        " approved = ? WHERE campaign = ? AND idx = ?",
    [STATEMENT_SAVE_TARGET] =
        "UPDATE target SET state = ?1, since_ms = ?2, first_ms = ?3, soak_until_ms = ?4,"
        " reason = ?5, position = ?6, incarnation = ?7, retries = ?8, changed = ?9,"
        " acknowledged = ?10, parked_from = ?11, version_before = ?12, version_now = ?13,"
        " hold_reason = ?14, hold_actor = ?15, hold_until_ms = ?16,"
        " progress = CASE WHEN activity = ?17 AND activity_index = ?18 AND moment = ?19"
        "  AND intent = ?22 THEN progress END,"
        " progress_text = CASE WHEN activity = ?17 AND activity_index = ?18"
        "  AND moment = ?19 AND intent = ?22 THEN progress_text END,"
        " activity = ?17, activity_index = ?18, moment = ?19, step_state = ?20,"
        " attempt = ?21, intent = ?22, begun_ms = ?23, issued_ms = ?24, deadline_ms = "
        "?25,"
        " not_before_ms = ?26, doubt_since_ms = ?27, handle = ?28, sentence = ?29,"
        " arrived = ?30, off = ?31 WHERE campaign = ?32 AND idx = ?33",
    [STATEMENT_SAVE_UNIT] =
        "UPDATE unit SET state = ?, since_ms = ?, reason = ? WHERE campaign = ? AND "
        "idx = ?",
    [STATEMENT_OPEN_SNAPSHOTS] =
        "SELECT taken_ms, reference FROM snapshot"
        " WHERE campaign = ? AND target = ? AND removed_ms IS NULL",
    [STATEMENT_ADD_SNAPSHOT] =
        "INSERT INTO snapshot(campaign, target, taken_ms, reference, name, version, step,"
        " incarnation, due_ms) VALUES(?,?,?,?,?,?,?,?,?)",
    [STATEMENT_SNAPSHOT_GONE] = "UPDATE snapshot SET removed_ms = ?"
                                " WHERE campaign = ? AND target = ? AND taken_ms = ?"
                                " AND reference = ?",
    [STATEMENT_SAVE_CAP] = "UPDATE cap SET max = ?, used = ?, claimed = ?"
                           " WHERE campaign = ? AND kind = ? AND idx = ?",
    [STATEMENT_PROGRESS] = "UPDATE target SET progress = ?, progress_text = ?"
                           " WHERE campaign = ? AND idx = ?",

    /* intents.c, results.c */
    [STATEMENT_ADD_INTENT] =
        "INSERT INTO intent(campaign, id, target, activity, idx, moment, step, use, "
        "class,"
        " incarnation, attempt, key, fingerprint, arguments, target_digest, issued_ms,"
        " deadline_ms) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [STATEMENT_SET_HANDLE] = "UPDATE intent SET handle = ?"
                             " WHERE campaign = ? AND id = ? AND settled_ms IS NULL",
    [STATEMENT_SETTLE_INTENT] =
        "UPDATE intent SET settled_ms = ?, outcome = ?, sentence = ?"
        " WHERE campaign = ? AND id = ? AND settled_ms IS NULL",
    [STATEMENT_OPEN_INTENTS] =
        INTENT_COLUMNS "WHERE i.campaign = ? AND i.settled_ms IS NULL ORDER BY i.id",
    [STATEMENT_INTENTS] =
        INTENT_COLUMNS "WHERE i.campaign = ? ORDER BY i.id DESC LIMIT ?",
    [STATEMENT_TARGET_INTENTS] =
        INTENT_COLUMNS "WHERE i.campaign = ? AND i.target = ? ORDER BY i.id DESC LIMIT ?",
    [STATEMENT_SAVE_RESULT] =
        "INSERT INTO result(campaign, target, step, incarnation, json, at_ms)"
        " VALUES(?,?,?,?,?,?) ON CONFLICT DO UPDATE SET incarnation = "
        "excluded.incarnation,"
        " json = excluded.json, at_ms = excluded.at_ms",
    [STATEMENT_RESULT] =
        "SELECT json FROM result WHERE campaign = ? AND target = ? AND step = ?",
    [STATEMENT_RESULTS] = "SELECT step, incarnation, at_ms, json FROM result"
                          " WHERE campaign = ? AND target = ?",

    /* queries_campaign.c */
    [STATEMENT_PLAN] = "SELECT json FROM plan WHERE campaign = ?",
    [STATEMENT_CAMPAIGNS] = CAMPAIGN_COLUMNS "ORDER BY c.id DESC",
    [STATEMENT_CAMPAIGN] = CAMPAIGN_COLUMNS "WHERE c.id = ?",
    [STATEMENT_CAMPAIGN_ID] = "SELECT id FROM campaign WHERE id = ?",
    [STATEMENT_CAMPAIGN_NAMED] =
        "SELECT id FROM campaign WHERE name = ? ORDER BY id DESC LIMIT 1",
    [STATEMENT_CAMPAIGN_DIGEST] =
        "SELECT id FROM campaign WHERE substr(digest, 1, length(?1)) = ?1 LIMIT 2",
    [STATEMENT_CAMPAIGN_NEWEST] = "SELECT id FROM campaign ORDER BY id DESC LIMIT 1",

    /* queries_status.c */
    [STATEMENT_WAVES] =
        "SELECT idx, name, state, since_ms, soak_ms, target_count, budget,"
        " failed, in_doubt, gate, approved FROM wave WHERE campaign = ?"
        " ORDER BY idx",
    [STATEMENT_COUNTS] =
        "SELECT wave, state, count(*), min(since_ms) FROM target INDEXED BY target_state"
        " WHERE campaign = ? GROUP BY state, wave",
    [STATEMENT_STEP_COUNTS] =
        "SELECT step_state, count(*), 0 FROM target INDEXED BY target_busy"
        " WHERE campaign = ?1 AND step_state <> 'idle' GROUP BY step_state"
        " UNION ALL SELECT 'held', count(*), 0 FROM target INDEXED BY target_held"
        " WHERE campaign = ?1 AND hold_reason IS NOT NULL"
        " UNION ALL SELECT 'soak', 0, min(soak_until_ms) FROM target"
        " WHERE campaign = ?1 AND state = 'soaking' AND soak_until_ms > 0",
    [STATEMENT_PACE] =
        "SELECT count(*) FILTER (WHERE since_ms > ?2 - 3600000),"
        " count(*) FILTER (WHERE since_ms > ?2 - 86400000), min(since_ms), max(since_ms),"
        " avg(since_ms - first_ms) FILTER (WHERE first_ms > 0)"
        " FROM target INDEXED BY target_state WHERE campaign = ?1 AND state = "
        "'succeeded'",

    [STATEMENT_VERIFIED] =
        "SELECT count(*) FILTER (WHERE t.soak_until_ms - w.soak_ms > ?2 - 3600000),"
        " avg(t.soak_until_ms - w.soak_ms - t.first_ms)"
        " FROM target t JOIN wave w ON w.campaign = t.campaign AND w.idx = t.wave"
        " WHERE t.campaign = ?1 AND t.soak_until_ms - w.soak_ms > t.first_ms"
        " AND t.first_ms > 0",

    /* queries_target.c */
    [STATEMENT_TARGET_NAMED] = TARGET_COLUMNS "WHERE t.campaign = ? AND t.name = ?",
    [STATEMENT_TARGETS] = TARGET_COLUMNS
    "WHERE t.campaign = ?1 AND t.idx > ?2 AND (?3 < 0 OR t.wave = ?3)"
    " AND (?4 IS NULL OR t.state IN (SELECT value FROM json_each(?4)))"
    " AND (NOT ?5 OR t.hold_reason IS NOT NULL) ORDER BY t.idx LIMIT ?6",
    [STATEMENT_TARGETS_NEWEST] = TARGET_COLUMNS_BY(
        "INDEXED BY target_state") "WHERE t.campaign = ?1 AND t.idx > ?2 AND (?3 < 0 OR "
                                   "t.wave = ?3)"
                                   " AND t.state IN (SELECT value FROM json_each(?4))"
                                   " AND (NOT ?5 OR t.hold_reason IS NOT NULL) ORDER BY "
                                   "t.since_ms DESC, t.idx LIMIT ?6",
    [STATEMENT_TARGETS_OLDEST] = TARGET_COLUMNS_BY(
        "INDEXED BY target_state") "WHERE t.campaign = ?1 AND t.idx > ?2 AND (?3 < 0 OR "
                                   "t.wave = ?3)"
                                   " AND t.state IN (SELECT value FROM json_each(?4))"
                                   " AND (NOT ?5 OR t.hold_reason IS NOT NULL) ORDER BY "
                                   "t.since_ms, t.idx LIMIT ?6",
    [STATEMENT_MEMBERS] =
        TARGET_COLUMNS "WHERE t.campaign = ? AND t.unit = ? ORDER BY t.idx",
    [STATEMENT_TARGET_INDEX] = "SELECT idx FROM target WHERE campaign = ? AND name = ?",
    [STATEMENT_TARGET_NAME] = "SELECT name FROM target WHERE campaign = ? AND idx = ?",
    [STATEMENT_TARGET_NAMES] = "SELECT name FROM target WHERE campaign = ? ORDER BY name",
    [STATEMENT_CHECKS] =
        "SELECT r.target, t.name, r.idx, p.id, r.moment, r.verdict, r.text, r.at_ms"
        " FROM check_result r"
        " JOIN target t ON t.campaign = r.campaign AND t.idx = r.target"
        " JOIN plan_item p ON p.campaign = r.campaign AND p.kind = 'check'"
        "  AND p.idx = r.idx"
        " WHERE r.campaign = ?1 AND (?2 < 0 OR r.target = ?2)"
        " ORDER BY r.target, r.idx, r.at_ms",

    /* times.c */
    [STATEMENT_ADD_PLAN_TIME] = "INSERT INTO plan_time(campaign, json) VALUES(?,?)",
    [STATEMENT_ADD_TIME_EVENT] = "INSERT INTO time_event(campaign, seq) VALUES(?,?)",
    [STATEMENT_PLAN_TIME] = "SELECT p.json, c.target_count FROM campaign c"
                            " LEFT JOIN plan_time p ON p.campaign = c.id WHERE c.id = ?",
    [STATEMENT_TIME_EVENTS] =
        "SELECT " EVENT_COLUMNS " FROM time_event t JOIN event e"
        " ON e.id = (t.campaign << 40) + t.seq WHERE t.campaign = ? ORDER BY t.seq",

    /* queries_admission.c */
    /* a wave has to wait for every earlier one that was reopened */
    [STATEMENT_FACTS] =
        "SELECT t.idx, c.state, c.reason, CASE WHEN EXISTS (SELECT 1 FROM wave e WHERE"
        " e.campaign = t.campaign AND e.idx < t.wave AND e.state <> 'done')"
        " THEN 'pending' ELSE w.state END, w.name, t.state, t.hold_reason,"
        " t.hold_actor, t.hold_until_ms, c.in_flight, c.in_flight_max, c.mode,"
        " w.failed, w.in_doubt, w.budget, c.failed, c.in_doubt, c.budget, t.wave,"
        " t.unit"
        " FROM target t JOIN campaign c ON c.id = t.campaign"
        " JOIN wave w ON w.campaign = t.campaign AND w.idx = t.wave"
        " WHERE t.campaign = ? AND t.name = ?",
    /* a link group is one thing at risk */
    [STATEMENT_AT_RISK] =
        "SELECT count(DISTINCT CASE WHEN unit < 0 THEN idx ELSE -1 - unit END)"
        " FILTER (WHERE wave = ?2),"
        " count(DISTINCT CASE WHEN unit < 0 THEN idx ELSE -1 - unit END) FROM target"
        " WHERE campaign = ?1 AND state IN ('snapshotting','changing','checking')",
    /* of one target, or of all members of its link group: first what is too full */
    [STATEMENT_TARGET_CAPS] =
        "SELECT c.kind, c.key, c.used, c.max, count(*) FROM target_cap t"
        " JOIN cap c ON c.campaign = t.campaign AND c.kind = t.kind AND c.idx = t.cap"
        " WHERE t.campaign = ?1 AND t.target >= ?2 AND t.target < ?3"
        " GROUP BY c.kind, c.idx"
        " ORDER BY c.kind, CASE WHEN ?3 - ?2 > 1 THEN c.used + count(*) <= c.max END,"
        " min(t.target * 1000 + t.rank)",
    [STATEMENT_UNIT_FACTS] =
        "SELECT u.name, u.first, u.target_count, t.idx, t.name, t.state, t.hold_reason,"
        " t.hold_actor, t.hold_until_ms FROM unit u JOIN target t"
        " ON t.campaign = u.campaign AND t.idx >= u.first"
        " AND t.idx < u.first + u.target_count"
        " WHERE u.campaign = ? AND u.idx = ? ORDER BY t.idx",
    [STATEMENT_CAPS] = "SELECT kind, key, max, used, claimed FROM cap WHERE campaign = ?"
                       " ORDER BY CAST(used AS REAL) / max(max, 1) DESC, kind, idx",

    /* queries_event.c */
    [STATEMENT_EVENTS] = NAMED_EVENTS "ORDER BY e.id LIMIT ?6",
    [STATEMENT_EVENTS_NEWEST] = NAMED_EVENTS "ORDER BY e.id DESC LIMIT ?6",
    [STATEMENT_CHAIN_EVENTS] = "SELECT " EVENT_COLUMNS ", e.hash FROM event e"
                               " WHERE e.id >= ?1 << 40 AND e.id < (?1 + 1) << 40"
                               " ORDER BY e.id",

    /* queries_snapshot.c */
    [STATEMENT_SNAPSHOTS] =
        "SELECT s.campaign, c.name, s.target, t.name, t.manager, s.reference, s.name,"
        " s.version, s.step, p.id, s.incarnation, s.taken_ms, s.due_ms, s.removed_ms"
        " FROM snapshot s JOIN campaign c ON c.id = s.campaign"
        " JOIN target t ON t.campaign = s.campaign AND t.idx = s.target"
        " LEFT JOIN plan_item p ON p.campaign = s.campaign AND p.kind = 'step'"
        "  AND p.idx = s.step"
        " WHERE (?1 = 0 OR s.campaign = ?1) AND (?2 < 0 OR s.target = ?2)"
        " AND (?3 OR s.removed_ms IS NULL) ORDER BY s.taken_ms, s.campaign, s.target",

    /* queries_history.c: step and snapshot as they were issued and settled; checks from
       the last step's end to the verdict before the soak; rollback from the revert to
       the end. */
    [STATEMENT_DURATIONS] =
        "WITH c AS (SELECT id FROM campaign WHERE playbook = ?1),"
        " steps AS (SELECT i.campaign, i.target, max(i.settled_ms) AS ended"
        "  FROM c JOIN intent i ON i.campaign = c.id"
        "  WHERE i.activity = 'step' AND i.outcome = 'done' GROUP BY 1, 2)"
        " SELECT c.id AS campaign, i.activity, i.step, t.name, t.version_from,"
        "  t.version_before, t.version_now, i.settled_ms - i.issued_ms"
        "  FROM c JOIN intent i ON i.campaign = c.id"
        "  JOIN target t ON t.campaign = i.campaign AND t.idx = i.target"
        "  WHERE i.outcome = 'done' AND i.activity IN ('step','snapshot')"
        " UNION ALL SELECT c.id, 'check', NULL, t.name, t.version_from,"
        "  t.version_before, t.version_now, t.soak_until_ms - w.soak_ms - s.ended"
        "  FROM c JOIN target t ON t.campaign = c.id"
        "  JOIN wave w ON w.campaign = t.campaign AND w.idx = t.wave"
        "  JOIN steps s ON s.campaign = t.campaign AND s.target = t.idx"
        "  WHERE t.unit < 0 AND t.soak_until_ms > 0"
        "  AND t.soak_until_ms - w.soak_ms >= s.ended"
        " UNION ALL SELECT c.id, 'revert', NULL, t.name, t.version_from,"
        "  t.version_before, t.version_now, t.since_ms - max(i.issued_ms)"
        "  FROM c JOIN target t ON t.campaign = c.id AND t.state = 'rolled_back'"
        "  AND t.unit < 0"
        "  JOIN intent i ON i.campaign = t.campaign AND i.target = t.idx"
        "  AND i.activity = 'revert' GROUP BY t.campaign, t.idx"
        " ORDER BY campaign DESC LIMIT ?2",
    [STATEMENT_HOLDS] =
        "SELECT t.name, c.name, t.hold_reason, t.hold_until_ms"
        " FROM target t INDEXED BY target_held JOIN campaign c ON c.id = t.campaign"
        " WHERE t.hold_reason IS NOT NULL"
        " AND (t.hold_until_ms = 0 OR t.hold_until_ms > ?) ORDER BY c.id DESC, t.idx",

    /* inventory.c */
    [STATEMENT_PUT_MANAGER] = "INSERT INTO manager(name, doc, imported_ms) VALUES(?,?,?)"
                              " ON CONFLICT DO UPDATE SET doc = excluded.doc, "
                              "imported_ms = excluded.imported_ms",
    [STATEMENT_MANAGERS] = "SELECT name, doc FROM manager ORDER BY name",
    [STATEMENT_PUT_APPLIANCE] =
        "INSERT INTO appliance(name, host, kind, site, version, link_group, calendar,"
        " manager, vm_key, datastore, labels, doc, digest, imported_ms)"
        " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET"
        " host = excluded.host, kind = excluded.kind, site = excluded.site,"
        " version = excluded.version, link_group = excluded.link_group,"
        " calendar = excluded.calendar, manager = excluded.manager,"
        " vm_key = excluded.vm_key, datastore = excluded.datastore,"
        " labels = excluded.labels, doc = excluded.doc, digest = excluded.digest,"
        " imported_ms = excluded.imported_ms",
    [STATEMENT_APPLIANCE_DIGEST] = "SELECT digest FROM appliance WHERE name = ?",
    [STATEMENT_PRUNE_APPLIANCES] = "DELETE FROM appliance WHERE imported_ms <> ?",
    [STATEMENT_PRUNE_MANAGERS] = "DELETE FROM manager WHERE imported_ms <> ?",
    [STATEMENT_PUT_FLEET_TIME] =
        "INSERT INTO inventory_time(id, json, imported_ms) VALUES(1,?,?)"
        " ON CONFLICT DO UPDATE SET json = excluded.json,"
        " imported_ms = excluded.imported_ms",
    [STATEMENT_PRUNE_FLEET_TIME] = "DELETE FROM inventory_time WHERE imported_ms <> ?",
    [STATEMENT_FLEET_TIME] = "SELECT json FROM inventory_time",
    [STATEMENT_SEEN_VERSION] =
        "UPDATE appliance SET seen_version = ?, seen_ms = ? WHERE name = ?",
    [STATEMENT_FLEET] =
        "SELECT name, host, kind, site, coalesce(seen_version, version), link_group,"
        " calendar, manager, vm_key, datastore, labels, doc FROM appliance ORDER BY name",
    [STATEMENT_APPLIANCES] = APPLIANCE_COLUMNS
    " FROM appliance WHERE (?1 IS NULL OR name GLOB ?1) AND (?2 IS NULL OR kind = ?2)"
    " AND (?3 IS NULL OR site = ?3) AND (?4 IS NULL OR manager = ?4)"
    " AND (?5 IS NULL OR coalesce(seen_version, version) = ?5)"
    " AND (?6 IS NULL OR EXISTS (SELECT 1 FROM json_each(labels) l WHERE l.key = ?6"
    "  AND (?7 IS NULL OR l.value = ?7))) ORDER BY name",
};
