"""Tokens as customers' backends make them with PyJWT, rightly and wrongly.

Prints one line of JSON per token, as make_tokens.mjs does. Secrets come from the environment.
"""

import base64
import json
import os
import time
from datetime import datetime, timedelta, timezone

import jwt

SECRET = os.environ["NEW_SECRET"]
PRODUCT = os.environ["PRODUCT"]
USER = {"sub": "u_42", "name": "Ana", "email": "ana@example.com"}
HOUR = timedelta(hours=1)
ZONE = "datetime.now(timezone.utc)"


def accepted(**more):
    return {"verdict": "user", "sub": "u_42", **more}


def expired(hint):
    return {"verdict": "anonymous", "code": "token_expired", "hint_contains": hint}


def refused(code, hint):
    return {"verdict": "refused", "code": code, "hint_contains": hint}


def sign(name, claims, expect, key=SECRET, algorithm="HS256", **options):
    token = jwt.encode(claims, key, algorithm=algorithm, **options)
    print(json.dumps({"case": f"PyJWT: {name}", "token": token, "expect": expect}))


def live_in(zone):
    """Lets the process stand in a time zone, given in POSIX form."""
    os.environ["TZ"] = zone
    time.tzset()


def an_hour_from_now():
    return datetime.now(timezone.utc) + HOUR


sign("an aware datetime", {**USER, "exp": an_hour_from_now()}, accepted(name="Ana"))
sign("datetime.utcnow()", {**USER, "exp": datetime.utcnow() + HOUR}, accepted())
sign("time.time() + 3600", {**USER, "exp": time.time() + 3600}, accepted())
sign("int(time.time()) + 3600", {**USER, "exp": int(time.time()) + 3600}, accepted())
sign("no expiry", USER, refused("exp_required", "timezone.utc"))
sign("milliseconds", {**USER, "exp": int(time.time() * 1000) + 3_600_000}, refused("exp_in_milliseconds", "seconds"))
sign("exp as text", {**USER, "exp": str(int(time.time()) + 3600)}, refused("exp_invalid", "number"))
sign("exp as ISO 8601", {**USER, "exp": an_hour_from_now().isoformat()}, refused("exp_invalid", "number"))
sign(
    "a day", {**USER, "exp": datetime.now(timezone.utc) + timedelta(days=1)},
    refused("lifetime_too_long", "24 h from now"),
)
sign("25 s over an hour, without iat", {**USER, "exp": time.time() + 3625}, accepted())
sign("40 s over an hour, without iat", {**USER, "exp": time.time() + 3640}, refused("lifetime_too_long", "from now"))
sign("over for a minute", {**USER, "exp": time.time() - 60}, expired("getToken"))
sign("over for ten seconds", {**USER, "exp": time.time() - 10}, accepted())
sign("iat and exp", {**USER, "iat": datetime.now(timezone.utc), "exp": an_hour_from_now()}, accepted())

for zone, place in (("IST-5:30", "India"), ("NPT-5:45", "Nepal"), ("CET-1", "Berlin")):
    live_in(zone)
    sign(f"naive datetime.now() in {place}", {**USER, "exp": datetime.now() + HOUR}, refused("lifetime_too_long", ZONE))
    both = {**USER, "iat": datetime.now(), "exp": datetime.now() + HOUR}
    sign(f"naive iat and exp in {place}", both, refused("iat_in_future", ZONE))
live_in("IST-5:30")
half = {**USER, "iat": int(time.time()), "exp": datetime.now() + HOUR}
sign("naive exp beside a right iat in India", half, refused("lifetime_too_long", ZONE))
live_in("EST5")
sign("naive datetime.now() in New York", {**USER, "exp": datetime.now() + HOUR}, expired(ZONE))
live_in("UTC")
sign("naive datetime.now() in UTC", {**USER, "exp": datetime.now() + HOUR}, accepted())

sign(
    "sub as a number", {**USER, "sub": 42, "exp": an_hour_from_now()},
    accepted(sub="42", hint_contains="String(user.id)"),
)
sign("no sub", {"name": "Ana", "exp": an_hour_from_now()}, refused("sub_required", "sub"))
sign("sub: None", {**USER, "sub": None, "exp": an_hour_from_now()}, refused("sub_required", "sub"))
sign("sub: True", {**USER, "sub": True, "exp": an_hour_from_now()}, refused("invalid_sub", "string"))
sign("name: None", {**USER, "name": None, "exp": an_hour_from_now()}, accepted())
sign("metadata", {**USER, "metadata": {"plan": "pro"}, "exp": an_hour_from_now()}, accepted())
sign(
    "NaN in metadata", {**USER, "metadata": {"x": float("nan")}, "exp": an_hour_from_now()},
    refused("claims_malformed", "JSON"),
)
sign("exp of infinity", {**USER, "exp": float("inf")}, refused("claims_malformed", "JSON"))
sign("an audience", {**USER, "aud": PRODUCT, "exp": an_hour_from_now()}, accepted())
sign("another audience", {**USER, "aud": ["else"], "exp": an_hour_from_now()}, refused("wrong_audience", "aud"))
sign("a kid", {**USER, "exp": an_hour_from_now()}, accepted(kid="new"), headers={"kid": "new"})
sign("an unknown kid", {**USER, "exp": an_hour_from_now()}, refused("unknown_kid", "kid"), headers={"kid": "x"})
sign("HS512", {**USER, "exp": an_hour_from_now()}, refused("alg_not_allowed", "HS256"), algorithm="HS512")
sign("none", {**USER, "exp": an_hour_from_now()}, refused("alg_not_allowed", "not signed"), key=None, algorithm="none")
sign(
    "another secret", {**USER, "exp": an_hour_from_now()},
    refused("invalid_signature", "Verification Secret"), key="x" * 32,
)
sign("the secret as bytes", {**USER, "exp": an_hour_from_now()}, accepted(), key=SECRET.encode())
decoded = base64.urlsafe_b64decode(SECRET[4:] + "=" * (-len(SECRET[4:]) % 4))
sign(
    "the secret decoded from base64", {**USER, "exp": an_hour_from_now()},
    refused("invalid_signature", "base64"), key=decoded,
)
