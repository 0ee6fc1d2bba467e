# The one list of sources. (httpd's special.mk reads this file.)

core = address batch ca_store certificate content event exempt_path expiry file_state \
       finding follow handshake header_name input_file journal plan proof ranges ray \
       recognition scan scan_file sighting snapshot source text verdict visitor zone_folder \
       zone_name zones
glue = audit check check_address check_anchor check_name check_policy check_tls conf \
       connection directives dump expiry facts gate handshake handshake_watch headers libssl \
       reload request site ssl_context startup tree watch

core_sources = $(core:%=src/core/%.c)
sources = mod_cf_origin.c $(core_sources) $(glue:%=src/httpd/%.c)
objects = $(sources:.c=.slo)

# The command support/cf-originctl, over the core alone.
ctl = certificates ctl explain json main match pin ranges zones
ctl_objects = $(ctl:%=support/ctl/%.o)

# Nothing but the module record is for others to see.
mod_cf_origin.la: $(objects)
	$(SH_LINK) -rpath $(libexecdir) -module -avoid-version \
	    -export-symbols-regex '^cf_origin_module$$' \
	    $(objects:.slo=.lo) $(MOD_LIBS)

shared = mod_cf_origin.la
