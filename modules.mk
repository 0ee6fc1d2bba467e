# The one list of sources, a line a room. (httpd's special.mk reads this file.)

core_base = ascii idn json scratch text utf16 utf8 writer
core_net = address range range_hint range_set ranges ranges_convert ranges_format \
           ranges_json ranges_line ranges_retired
core_verdict = exempt_path header_name path_pattern ray reason verdict visitor \
               visitor_scheme
core_trust = ca_store cert_cache certificate credential der_kind foreign_text \
             host_names origin_ca parsed_file pem pem_diagnosis pem_front proof \
             shared_pool trie usage zone_check zone_name zones
core_live = detect detect_file edge expiry file_state input_file journal journal_compaction \
            provenance public_cas reloader snapshot snapshot_builder watched_file zone_folder
core_stats = counters handshake_failure handshake_reason history log_limit reload_outcome \
             timeline
core_log = event event_line finding
core_report = chart html json_report metrics page page_rest page_traffic page_vhosts \
              page_zones problem report style

httpd_config = conf directive_error directives list_directives
httpd_log = expiry_log metering
httpd_tls = handshake_log handshake_watch leaf libssl ssl_context
httpd_request = connection environment facts gate headers hint parts request request_log \
                request_path scheme trailers visitor_address
httpd_survey = conf_tree known_edge vhost
httpd_language = expression operand pattern redirect_line rewrite_inheritance \
                 rewrite_line section
httpd_stranger = access client_values content expressions name_index opening probes \
                 redirects rewrite_rules section_match sections values
httpd_trial = expression replaced rule_require rule_rewrite rule_security rules supposed supposed_env
httpd_check = access_rules ca_files check config_check directories dump guarded kinship \
              own_certificates peer_addresses policies proofs ranges reach remoteip \
              rule_trial server_names shut_twin sni_settings status_access tls_leftovers \
              tls_settings twins unreadable zone_files
httpd_status = status status_short
httpd_run = child_exit child_start reload start_check startup ticker

core_rooms = base net verdict trust live stats log report
httpd_rooms = config log tls request survey language stranger trial check status run

core = $(foreach room,$(core_rooms),$(core_$(room):%=$(room)/%))
core_sources = $(core:%=src/core/%.c)
sources = mod_cf_origin.c $(core_sources) \
          $(foreach room,$(httpd_rooms),$(httpd_$(room):%=src/httpd/$(room)/%.c))
objects = $(sources:.c=.slo)

# The command support/cf-originctl, over the core alone.
ctl_command = ctl explain input judge main progress proof_file range_file stopping terminal \
              verb_match verb_pin verb_ranges verb_zones
ctl_audit = audit_json audit_text breakdown inquiry log_denial log_follow log_join \
            log_reader log_summary log_time own_address own_count own_sources readiness \
            readiness_answers readiness_own steady summary_row uri_path verb_audit
ctl_migrate = conf_line conf_text httpd_conf migrate_ca migrate_change migrate_classify \
              migrate_edge migrate_kinds migrate_neighbours migrate_plan migrate_remoteip \
              migrate_rules migrate_scan migrate_server migrate_verdicts verb_migrate

ctl_absent = verbs_edge
ctl_cloudflare = associations body call certificates client curl_memory failure limit \
                 list records state token transport value zones
ctl_origin = accepts dump_line dump_reader dump_zone file_labels httpd_run in_force \
             lookup origin pem_text proof_edit replacement status_fetch status_read
ctl_edge = crew options
ctl_view = find_certificates find_hosts find_origins find_records findings gather \
           judged look presented status status_json status_metrics status_text \
           verb_edge_status
ctl_change = accept choices due errand fallback issue issue_file issue_pem lock make \
             plan reconcile removal rows seen state steps target trust \
             verb_edge_disable verb_edge_enable verb_edge_hostname verb_edge_rotate \
             visit withdraw words world

# Cloudflare's side needs libcurl and jansson; configure sets EDGE. Without them, its verbs are
# there and say so.
ctl_edge_rooms = cloudflare origin edge view change
ctl_rooms = command audit migrate absent $(ctl_edge_rooms)

ctl_left_out = $(if $(filter yes,$(EDGE)),absent,$(ctl_edge_rooms))
ctl_objects = $(foreach room,$(filter-out $(ctl_left_out),$(ctl_rooms)),$(ctl_$(room):%=support/ctl/$(room)/%.o))

# Nothing but the module record is for others to see.
mod_cf_origin.la: $(objects)
	$(SH_LINK) -rpath $(libexecdir) -module -avoid-version \
	    -export-symbols-regex '^cf_origin_module$$' \
	    $(objects:.slo=.lo) $(MOD_LIBS)

shared = mod_cf_origin.la
