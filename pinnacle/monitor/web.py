"""The page and its JSON over HTTP: reads only, for this machine, nothing fetched from elsewhere.

/             the page
/api/state    the state document (docs/monitor.md); an ETag, and 304 while it is the same
/api/health   200 while the monitor samples the session
/api/ready    200 when the session is fit to trade, otherwise 503 and why it is not
/static/...   the page's own files
"""

import ipaddress
from typing import Any

from flask import Flask, Response, abort, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from pinnacle.core.clock import monotonic_ns
from pinnacle.monitor.state import State

#: A monitor that has not looked at the session for so long is not alive.
SAMPLES_SILENT_NS = 5_000_000_000
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
WILDCARDS = frozenset({"0.0.0.0", "::"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def create_app(state: State, host: str = "127.0.0.1") -> Flask:
    """The application; `host` is the address that it is served at."""
    app = Flask(__name__)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 0
    _guard(app, host)

    @app.get("/")
    def page() -> str:
        return render_template("index.html")

    @app.get("/api/state")
    def api_state() -> Response:
        sample = state.latest
        answer = Response(sample.body, mimetype="application/json")
        answer.headers["ETag"] = sample.etag
        answer.headers["Cache-Control"] = "no-cache"
        answer.make_conditional(request)
        return answer

    @app.get("/api/health")
    def health() -> tuple[Response, int]:
        age_ns = monotonic_ns() - state.latest.taken_ns
        alive = age_ns < SAMPLES_SILENT_NS
        return jsonify(alive=alive, sample_age_ms=age_ns // 1_000_000), 200 if alive else 503

    @app.get("/api/ready")
    def ready() -> tuple[Response, int]:
        waiting = state.latest.not_ready
        return jsonify(ready=not waiting, not_ready=waiting), 503 if waiting else 200

    return app


def _guard(app: Flask, host: str) -> None:
    """Refuse what the page never asks for; the same headers on every answer."""

    @app.before_request
    def refuse() -> None:
        if request.method not in ("GET", "HEAD"):
            abort(405)
        if not host_allowed(request.host, host):
            abort(421)

    @app.after_request
    def headers(answer: Response) -> Response:
        answer.headers.update(HEADERS)
        answer.headers.setdefault("Cache-Control", "no-cache")
        return answer

    @app.errorhandler(HTTPException)
    def error(failure: HTTPException) -> tuple[dict[str, Any], int]:
        return {"error": failure.description, "status": failure.code}, failure.code or 500


def host_allowed(header: str, host: str) -> bool:
    """Whether a Host header names us.

    A page of another site can have its name resolve to this machine (DNS rebinding) but cannot
    make the browser send a local name or a bare address. Behind a wildcard address every bare
    address is ours.
    """
    name = header.rsplit(":", 1)[0] if not header.endswith("]") else header
    name = name.strip("[]").lower()
    if name in LOCAL_NAMES or name == host.lower():
        return True
    return host in WILDCARDS and _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
