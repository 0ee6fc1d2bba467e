# The one list of sources. (httpd's special.mk reads this file.)

core = address advice batch ca_store certificate compact content counters credential event \
       event_line exempt_path expiry file_state finding follow handshake header_name history \
       html input_file inventory journal json log_limit pem plan problem proof ranges ray \
       recognition report report_chart report_html report_json report_metrics report_rest \
       report_style report_traffic report_vhosts report_zones scan scan_file sighting \
       snapshot source text timeline utf8 verdict visitor writer zone_folder zone_name \
       zones
glue = audit check check_address check_anchor check_name check_policy check_status \
       check_tls conf connection directives dump duty expiry facts gate handshake \
       handshake_watch headers libssl list_directives reload request site ssl_context \
       startup status status_short tally tree watch

core_sources = $(core:%=src/core/%.c)
sources = mod_cf_origin.c $(core_sources) $(glue:%=src/httpd/%.c)
objects = $(sources:.c=.slo)

# The command support/cf-originctl, over the core alone.
ctl = account advice audit audit_json audit_text certificates ctl explain json log_follow \
      log_reader log_time main match pin ranges readiness tally words zones
ctl_objects = $(ctl:%=support/ctl/%.o)

# Nothing but the module record is for others to see.
mod_cf_origin.la: $(objects)
	$(SH_LINK) -rpath $(libexecdir) -module -avoid-version \
	    -export-symbols-regex '^cf_origin_module$$' \
	    $(objects:.slo=.lo) $(MOD_LIBS)

shared = mod_cf_origin.la
