# The one list of sources. (httpd's special.mk reads this file.)

core = address batch certificate content event exempt_path file_state follow header_name \
       input_file journal plan proof ranges ray recognition scan scan_file snapshot \
       source text verdict visitor zone_folder zone_name zones
glue = audit conf connection directives facts gate headers reload request startup

core_sources = $(core:%=src/core/%.c)
sources = mod_cf_origin.c $(core_sources) $(glue:%=src/httpd/%.c)
objects = $(sources:.c=.slo)

# Nothing but the module record is for others to see.
mod_cf_origin.la: $(objects)
	$(SH_LINK) -rpath $(libexecdir) -module -avoid-version \
	    -export-symbols-regex '^cf_origin_module$$' \
	    $(objects:.slo=.lo) $(MOD_LIBS)

shared = mod_cf_origin.la
