"""Takes what a region sends: an SMTP server that nobody here wrote (aiosmtpd), and one for webhooks.

Arguments: how TLS begins (`starttls`, `implicit`, `none`), a certificate and its key. It says its two ports, waits for a
line before it takes mail, and then says each mail and each request as a line of JSON.
"""
import asyncio
import email
import email.policy
import json
import signal
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

how, certificate, key = sys.argv[1:4]
lock = threading.Lock()
signal.alarm(300)  # a test that waits for nothing ends


def say(**what):
    with lock:
        print(json.dumps(what), flush=True)


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        say(hook=self.path, body=body, headers={name.lower(): value for name, value in self.headers.items()})
        moved = self.path == "/moved"
        self.send_response(307 if moved else 204)
        if moved:
            self.send_header("location", "/landed")
        self.end_headers()

    def log_message(self, *_):
        pass


class Taken:
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        say(
            mail=envelope.rcpt_tos,
            sender=envelope.mail_from,
            hello=session.host_name,
            tls=session.ssl is not None or how == "implicit",
            headers=[[name.lower(), str(value)] for name, value in message.items()],
            defects=[str(defect) for defect in message.defects],
            text=message.get_content(),
        )
        return "250 taken"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return f"550 5.1.1 <{address}> is not here"
        envelope.rcpt_tos.append(address)
        return "250 OK"


def known(server, session, envelope, mechanism, login):
    is_known = isinstance(login, LoginPassword) and login.login == b"epic" and login.password == b"relay's own word"
    return AuthResult(success=is_known)


def one():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if how != "none":
        context.load_cert_chain(certificate, key)
    tls = context if how == "starttls" else None
    return context, lambda: SMTP(
        Taken(),
        hostname="relay.test",
        tls_context=tls,
        require_starttls=how == "starttls",
        auth_required=how != "none",
        auth_require_tls=how == "starttls",
        authenticator=known,
        enable_SMTPUTF8=False,
    )


async def main():
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    web = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    say(mail=bound.getsockname()[1], web=web.server_port)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.readline)
    context, factory = one()
    server = await loop.create_server(factory, sock=bound, ssl=context if how == "implicit" else None)
    async with server:
        await loop.run_in_executor(None, sys.stdin.readline)


asyncio.run(main())
