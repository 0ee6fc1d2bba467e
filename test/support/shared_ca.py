# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Cloudflare's shared CA: its public key, in a certificate of our own."""
from pki import CA, Certificate, openssl

# The key of all its certificates since 2015. Only Cloudflare has the private key, so the tests cannot
# issue certificates with it.
PUBLIC_KEY = """\
-----BEGIN PUBLIC KEY-----
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEA3bLbOiNh+XRsp+GnQAkE
V5X6NCpsLDewea8Q/AuaoMurKcjja1ldHnL3XhkH1mvBsv8rk7jp7F38u6MmdXZv
d3NzHmu2JDOyjTHOWOpudtBPbR6KHH9asXg6RkrJ1nOx1omxYA+6mUMfk/snzare
t7zyNB2ATmGqOoVndyUIbuXGgHCEtprObc0kmVR/N2T3ui5G+cUYC5d3lxBXHyNg
455TrSxaqYx7hAd06+moH3VsmhhBIpUWNSAd5Ok3y02kol9v0sifem6fdsL00o0e
1Eow1fcqX+wA+rur8CWd28DYrDcOS6baYdBQZ3NUepw6B5r0EaMsraHtK5f3fNNY
vTa7v312vpeStp39ZKEdyF+ONGdovfmeIlQOvTZgm0+DFY5uyt85TrcHyO4tSmFb
/gE6OMnIAbmX2PX/9pQYSL+wR7mWpW/Q/vxCvGjFH4wxeInBBpvkUHxMb9pzqZEe
AX0KaRf3S5pGH44LTteNN19IoZE+kz2EHZmEuiX+d/yqagt2gPke84Nm4q7b6a4p
5UdeDDb8DrAzs7CuKfFmLIGTkeEK9oAMfs9mlTrP/O/k1TkdK9eIq0LMW4O7j9l+
LfhF8dd4JR8cBvgp81FcnAyzFRr7hmlIBfYbpGcZTmZ65elTn9X4NAmn97r1fLJj
pFcOgzLBoQWUiVcGqNFEDakCAwEAAQ==
-----END PUBLIC KEY-----
"""


def make_shared_ca(pki, directory):
    public, extensions, request, crt = (directory / f"shared.{s}" for s in ("pub", "ext", "csr", "crt"))
    public.write_text(PUBLIC_KEY)
    extensions.write_text(CA)
    openssl("req", "-new", "-key", pki.zone_a.key, "-subj", "/CN=some name", "-config", pki.config, "-out", request)
    openssl("x509", "-req", "-in", request, "-force_pubkey", public, "-CA", pki.zone_a.crt, "-CAkey", pki.zone_a.key,
            "-set_serial", "1", "-days", "90", "-extfile", extensions, "-out", crt)
    return Certificate(crt, public)
