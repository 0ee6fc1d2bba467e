/* SPDX-License-Identifier: Apache-2.0 */
/* CF-Ray, Cloudflare's trace id. */
#ifndef CFO_CORE_VERDICT_RAY_H
#define CFO_CORE_VERDICT_RAY_H

/* Whether `text` is 16 lower-case hexadecimal digits, optionally followed by - and the
 * three capital letters of a data centre ("230b030023ae2822-SJC"). Nothing else may be
 * logged or exported as a ray. NULL is not valid. A request is never refused for its ray.
 */
int cfo_ray_is_valid(const char *text);

/* The data centre within a valid ray ("SJC"; points into it), NULL if it names none. */
const char *cfo_ray_colo(const char *ray);

#endif
