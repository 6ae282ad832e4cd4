"""PyJWT's own verdict on tokens, at a fixed time.

Reads lines of JSON: first {"now", "leeway", "secrets", "audience"}, then a token each as {"token", "aud"}, where `aud`
says that an audience is to be checked. Prints one line of JSON each: {"verdict": "user", "claims"} or {"verdict":
"expired" | "refused", "error"}.
"""

import json
import sys
from datetime import datetime, timezone

import jwt
from jwt import api_jwt

rules = json.loads(sys.stdin.readline())


class FixedClock(datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.fromtimestamp(rules["now"], tz)


api_jwt.datetime = FixedClock
SHOWN = ("sub", "name", "email")


def shown(value):
    return value if value is None or isinstance(value, str) else str(value)


def verify(token, audience, secret):
    return jwt.decode(
        token,
        secret,
        algorithms=["HS256"],
        leeway=rules["leeway"],
        audience=rules["audience"] if audience else None,
    )


def judge(token, audience):
    for secret in rules["secrets"]:
        try:
            claims = verify(token, audience, secret)
            return {"verdict": "user", "claims": {name: shown(claims.get(name)) for name in SHOWN}}
        except jwt.InvalidSignatureError as error:
            refused = error
        except jwt.ExpiredSignatureError:
            return {"verdict": "expired"}
        except Exception as error:  # It raises ValueError, TypeError and RecursionError on odd input, too.
            return {"verdict": "refused", "error": type(error).__name__}
    return {"verdict": "refused", "error": type(refused).__name__}


for line in sys.stdin:
    case = json.loads(line)
    print(json.dumps(judge(case["token"], case["aud"])))
