# The one list of sources, a line a room. (httpd's special.mk reads this file.)

core_base = json text utf8 writer
core_net = address ranges
core_verdict = exempt_path header_name ray reason verdict visitor \
               visitor_scheme
core_trust = ca_store cert_cache certificate credential parsed_file pem proof shared_pool \
             usage zone_name zones
core_live = detect detect_file expiry file_state input_file journal journal_compaction \
            provenance reloader snapshot snapshot_builder watched_file zone_folder
core_stats = counters handshake_failure handshake_reason history log_limit reload_outcome \
             timeline
core_log = event event_line finding
core_report = chart html json_report metrics page page_rest page_traffic page_vhosts \
              page_zones problem report style

httpd_config = conf directive_error directives list_directives
httpd_log = expiry_log metering
httpd_tls = handshake_log handshake_watch libssl ssl_context
httpd_request = connection facts gate headers hint parts request request_log request_path \
                scheme visitor_address
httpd_check = ca_files check conf_tree config_check dump peer_addresses policies \
              server_names shut_twin status_access tls_settings vhost
httpd_status = status status_short
httpd_run = child_exit reload start_check startup ticker

core_rooms = base net verdict trust live stats log report
httpd_rooms = config log tls request check status run

core = $(foreach room,$(core_rooms),$(core_$(room):%=$(room)/%))
core_sources = $(core:%=src/core/%.c)
sources = mod_cf_origin.c $(core_sources) \
          $(foreach room,$(httpd_rooms),$(httpd_$(room):%=src/httpd/$(room)/%.c))
objects = $(sources:.c=.slo)

# The command support/cf-originctl, over the core alone.
ctl = audit_json audit_text breakdown conf_line conf_text ctl explain httpd_conf log_follow \
      log_reader log_summary log_time main migrate_ca migrate_change migrate_classify \
      migrate_edge migrate_kinds migrate_neighbours migrate_plan migrate_remoteip migrate_rules \
      migrate_scan migrate_server migrate_verdicts proof_file readiness terminal verb_audit \
      verb_match verb_migrate verb_pin verb_ranges verb_zones
ctl_objects = $(ctl:%=support/ctl/%.o)

# Nothing but the module record is for others to see.
mod_cf_origin.la: $(objects)
	$(SH_LINK) -rpath $(libexecdir) -module -avoid-version \
	    -export-symbols-regex '^cf_origin_module$$' \
	    $(objects:.slo=.lo) $(MOD_LIBS)

shared = mod_cf_origin.la
