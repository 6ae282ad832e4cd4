"""uvicorn fastapi_app:app: a message accepted, a fixed answer, a viewer that waits."""

import asyncio
import os
import time

import jwt
from fastapi import FastAPI, Header, HTTPException, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

ORIGIN, SECRET = os.environ["ORIGIN"], os.environ["SECRET"]
app = FastAPI(openapi_url=None)


class Message(BaseModel):
    id: str
    role: str
    content: str


class RunInput(BaseModel):
    threadId: str
    runId: str
    messages: list[Message]


def admit(origin: str, authorization: str) -> dict:
    if origin != ORIGIN:
        raise HTTPException(403)
    token = authorization.removeprefix("Bearer ")
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"require": ["exp", "iat", "sub"]})
    if not 0 < claims["exp"] - claims["iat"] <= 3600:
        raise HTTPException(401)
    return claims


CORS = {"access-control-allow-origin": ORIGIN, "vary": "Origin", "cache-control": "no-store"}


@app.get("/healthz")
async def healthz():
    return {"status": "ok"}


@app.post("/session")
async def session(run: RunInput, response: Response, origin: str = Header(), authorization: str = Header()):
    claims = admit(origin, authorization)
    message = run.messages[-1]
    if message.role != "user" or len(message.content) > 4000:
        raise HTTPException(400)
    response.headers.update(CORS)
    identity = {
        "state": "verified",
        "sub": claims["sub"],
        "name": claims["name"],
        "email": claims["email"],
        "expires_in": claims["exp"] - int(time.time()),
    }
    return {"identity": identity, "server_time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


@app.get("/events")
async def events(origin: str = Header(), authorization: str = Header()):
    admit(origin, authorization)

    async def wait():
        while True:
            yield ": hb\n\n"
            await asyncio.sleep(3600)

    return StreamingResponse(wait(), media_type="text/event-stream", headers=CORS)
