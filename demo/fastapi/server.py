"""Acme Outfitters in FastAPI, as a customer of Widgent would write it. Two things are Widgent's: the token endpoint,
and the tools that the agent calls. Configured by environment: PORT, WIDGENT_ORIGIN and the two secrets."""
import json
import os
import secrets
import time
from pathlib import Path

import jwt
import uvicorn
from fastapi import Cookie, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from help_pages import help_page
from webhook import verify_webhook

PORT = int(os.environ.get("PORT", "4002"))
VERIFICATION_SECRET, TOOL_SECRET = os.environ["ACME_VERIFY_SECRET"], os.environ["ACME_TOOL_SECRET"]
SHOP = Path(__file__).parent.parent / "shop"
DATA = json.loads((SHOP / "data.json").read_text())
WIDGENT_ORIGIN = os.environ.get("WIDGENT_ORIGIN", "http://localhost:8787")
PAGE = (SHOP / "index.html").read_text().replace("{{product}}", "acme-py").replace("{{backend}}", "FastAPI")
PAGE = PAGE.replace("{{key}}", "pk_acme_py_demo").replace("{{widgent}}", WIDGENT_ORIGIN)
app = FastAPI()

# --- The shop's own business: its cookie session, its pages.
sessions, refunds = {}, {}


def user_of(session):
    return DATA["people"].get(sessions.get(session))


@app.get("/", response_class=HTMLResponse)
def home():
    return PAGE


@app.get("/help/{name}", response_class=HTMLResponse)
def read_help(name: str):
    return help_page(name) or Response(status_code=404)


@app.get("/api/me")
def me(acme_fastapi: str = Cookie("")):
    user = user_of(acme_fastapi)
    return {"user": user, "orders": [o for o in DATA["orders"].values() if user and o["customer"] == user["id"]]}


@app.post("/api/sign-in")
async def sign_in(request: Request):
    person = (await request.json()).get("person")
    if person not in DATA["people"]:
        return Response(status_code=401)
    session, response = secrets.token_hex(16), Response(status_code=204)
    sessions[session] = person
    response.set_cookie("acme_fastapi", session, httponly=True, samesite="lax")
    return response


@app.post("/api/sign-out")
def sign_out():
    response = Response(status_code=204)
    response.delete_cookie("acme_fastapi")
    return response


# --- Step 1: a token that says who is signed in. The shop's page asks for it and hands it to the widget.
@app.post("/api/widgent-token")
def widgent_token(ttl: int = 3600, forged: bool = False, acme_fastapi: str = Cookie("")):
    user = user_of(acme_fastapi)
    if not user:
        return JSONResponse({"error": "Nobody is signed in."}, 401)
    claims = {"sub": user["id"], "name": user["name"], "email": user["email"], "metadata": {"plan": user["plan"]}}
    secret = "a secret that somebody guessed, of enough length" if forged else VERIFICATION_SECRET
    return {"token": jwt.encode({**claims, "exp": int(time.time()) + ttl}, secret, algorithm="HS256")}


# --- Step 2: tools. The signature proves that Widgent calls; `user` is whom it verified, never what a model wrote.
def problem(status, title):
    return JSONResponse({"title": title, "status": status}, status, media_type="application/problem+json")


@app.post("/widgent/tools/{tool}")
async def tools(tool: str, request: Request):
    body = await request.body()
    if not verify_webhook(TOOL_SECRET, request.headers, body):
        return problem(401, "The signature does not hold.")
    call = json.loads(body)
    arguments, order = call["tool"]["arguments"], DATA["orders"].get(call["tool"]["arguments"]["order_id"])
    print(tool, arguments["order_id"], "for", json.dumps(call["user"]), flush=True)
    if not order:
        return problem(404, f"There is no order {arguments['order_id']}.")
    if order["customer"] != call["user"].get("sub"):
        return problem(403, "That order belongs to another customer.")
    if tool == "get_order":
        return order
    if tool == "refund_order":
        request_id = f"R-{len(refunds) + 1}"
        return refunds.setdefault(order["id"], {**order, "reason": arguments["reason"], "request": request_id})
    return problem(404, "There is no such tool.")


app.mount("/", StaticFiles(directory=SHOP))

if __name__ == "__main__":
    print(f"listening on http://localhost:{PORT}", flush=True)
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
