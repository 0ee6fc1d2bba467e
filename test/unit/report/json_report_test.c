/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/json_report.h"

#include "page.h"
#include "sample.h"
#include "syntax.h"

static const char *json(cfo_report_t *report)
{
    sample_complete(report);
    cfo_report_json(page_begin(), report);
    assert_null(syntax_json(page_text()));
    return page_text();
}

static void an_empty_report_has_all_members(void **state)
{
    static const char *const members[] = {
        "version",  "now",       "since",    "requests",           "vhosts",
        "zones",    "presented", "ranges",   "handshake_failures", "early_drops",
        "reloads",  "held_back", "findings", "files_in_trouble",   "expiring",
        "problems", "history"
    };
    const char *text = json(sample_empty());
    int i;

    (void)state;
    for (i = 0; i < COUNT(members); i++)
        assert_contains(text, apr_psprintf(pool, "\"%s\":", members[i]));
    assert_contains(text, "\"since\":null");
    assert_contains(text, "\"timestamp\":null");
    assert_contains(text, "\"vhosts\":[],\"zones\":[]");
}

static void a_report_is_written_in_full(void **state)
{
    const char *text = json(sample_night());

    (void)state;
    assert_contains(text, "{\"name\":\"shop.example.com:443\",\"policy\":\"On\","
                          "\"policy_in_directories\":\"Off\",\"require\":\"cert ip\","
                          "\"client_ip\":\"verified\",\"scheme\":\"connection\","
                          "\"scrub\":\"On\",\"requests\":{\"unjudged\":0,"
                          "\"verified\":");
    assert_contains(text, "\"name\":\"new.example\",\"shut\":true,\"proofs\":[]");
    assert_contains(text, "\"file\":\"/etc/apache2/cloudflare/zones/example.net.pem\"");
    assert_contains(text, "\"last_used\":\"2025-06-15T14:35:40Z\"");
    assert_contains(text, "\"last_used\":null");
    assert_contains(text, "\"ranges\":{\"ipv4\":15,\"ipv6\":7,"
                          "\"timestamp\":\"2025-06-15T07:06:40Z\",\"sources\":[{"
                          "\"kind\":\"file\"");
    assert_contains(text, "\"early_drops\":48211");
    assert_contains(text, "\"handshake_failures\":{\"cert-missing\":17,");
    assert_contains(text, "\"reloads\":{\"ranges\":{\"loaded\":3,\"rejected\":1,");
    assert_contains(text, "\"held_back\":{\"cert-expired\":7401}");
    assert_contains(text,
                    "{\"level\":\"warning\",\"code\":\"CFO0210 plain-twin\",\"vhost\":"
                    "\"shop.example.com:80\"");
    assert_contains(text, "\"last_good_in_force\":true");
    assert_contains(text, "{\"level\":\"error\",\"code\":null,\"title\":\"No request is");
    assert_contains(text, "\"history\":{\"vhost\":null,\"minutes\":[{\"start\":"
                          "\"2025-06-15T15:05:00Z\",\"requests\":{\"verified\":");
}

static void a_pin_has_its_digest_and_no_date(void **state)
{
    cfo_report_t *report = sample_empty();
    cfo_zone_t *zone = cfo_zone_create(cfo_shared_pool_permanent(pool), "pin.test");
    const char *text;

    (void)state;
    assert_null(cfo_proof_read_pin(pool, apr_psprintf(pool, "sha256:%064d", 7),
                                   apr_array_push(zone->proofs)));
    assert_null(cfo_proof_read_pin(pool, apr_psprintf(pool, "spki-sha256:%064d", 8),
                                   apr_array_push(zone->proofs)));
    cfo_zone_table_put(APR_ARRAY_IDX(report->snapshot->tables, 0, cfo_zone_table_t *),
                       zone);
    text = json(report);
    assert_contains(text, apr_psprintf(pool,
                                       "{\"kind\":\"sha256\",\"sha256\":\"%064d\","
                                       "\"spki_sha256\":null,\"not_after\":null,"
                                       "\"file\":null,\"last_used\":null}",
                                       7));
    assert_contains(text, apr_psprintf(pool,
                                       "{\"kind\":\"spki-sha256\",\"sha256\":null,"
                                       "\"spki_sha256\":\"%064d\"",
                                       8));
}

static void hostile_text_stays_text(void **state)
{
    cfo_report_t *report = sample_empty();

    (void)state;
    sample_vhost(report, HOSTILE, CFO_MODE_ON);
    sample_finding(report, &(cfo_finding_t){ CFO_LEVEL_WARNING, "CFO0202 never-asks",
                                             HOSTILE, HOSTILE, 1, HOSTILE });
    sample_path_error(report, &(cfo_path_error_t){ HOSTILE, HOSTILE, HOSTILE, 0, 1, 0 });
    sample_zone(report, HOSTILE, sample_ca("<b>\"", 3));
    assert_contains(json(report),
                    "<script>alert(1)</script>&\\\"'\\\\\\u000a\xef\xbf\xbd");
}

static void a_query_selects_one_virtual_host_with_its_history(void **state)
{
    cfo_report_t *report = sample_night();
    const char *text;

    (void)state;
    report->vhost = "shop.example.com:443";
    report->zone = "api";
    text = json(report);
    assert_contains(text, "\"history\":{\"vhost\":\"shop.example.com:443\"");
    assert_null(strstr(text, "\"name\":\"api.example.com:443\""));
    assert_null(strstr(text, "\"name\":\"new.example\""));
    assert_contains(text, "\"name\":\"api.example.com\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_report_has_all_members),
        TEST(a_report_is_written_in_full),
        TEST(a_pin_has_its_digest_and_no_date),
        TEST(hostile_text_stays_text),
        TEST(a_query_selects_one_virtual_host_with_its_history),
    };

    return RUN(tests);
}
