# The one list of sources. (httpd's special.mk reads this file.)

core = address certificate event exempt_path header_name input_file proof ranges ray \
       recognition text verdict visitor zone_folder zone_name zones
glue = audit conf connection directives facts gate headers request startup

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
