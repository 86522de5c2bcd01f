"""A person's browser at an identity provider, every step taken by hand.

    browser.py token ISSUER CLIENT WHO [CODE]   code flow with PKCE; prints the ID token
    browser.py enter PAGE DEVICE_CODE WHO [CODE]   enters what a terminal told; prints what the last page says

CODE is the second factor, if they use one.
"""

import base64
import hashlib
import http.cookiejar
import json
import re
import secrets
import sys
import urllib.parse
import urllib.request

REDIRECT = "http://127.0.0.1/callback"


class Stop(urllib.request.HTTPRedirectHandler):
    """Redirects are answers too: the last one, to the client, is not followed."""

    def redirect_request(self, *_):
        return None


class Browser:
    def __init__(self, who, code):
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(Stop, jar, urllib.request.ProxyHandler({}))
        self.account = {"who": who, **({"code": code} if code else {})}

    def ask(self, url, form=None):
        data = None if form is None else urllib.parse.urlencode(form).encode()
        try:
            return self.opener.open(url, data)
        except urllib.error.HTTPError as answer:
            return answer

    def follow(self, url, answer):
        """Signs in where asked to, until there is a page, or the way leads to the client."""
        for _ in range(8):
            place = answer.headers["location"]
            if not place or place.startswith(REDIRECT):
                break
            url = urllib.parse.urljoin(url, place)
            answer = self.ask(url, self.account if "/sign-in/" in url else None)
        return place, answer


def token(issuer, client, who, code=None):
    browser = Browser(who, code)
    found = json.load(browser.ask(f"{issuer}/.well-known/openid-configuration"))
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    wanted = {
        "client_id": client,
        "response_type": "code",
        "scope": "openid",
        "redirect_uri": REDIRECT,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "state": secrets.token_urlsafe(8),
        "nonce": secrets.token_urlsafe(8),
    }
    url = found["authorization_endpoint"] + "?" + urllib.parse.urlencode(wanted)
    place, _ = browser.follow(url, browser.ask(url))
    said = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(place).query))
    form = {"grant_type": "authorization_code", "client_id": client, "code": said["code"]}
    form |= {"code_verifier": verifier, "redirect_uri": REDIRECT}
    print(json.load(browser.ask(found["token_endpoint"], form))["id_token"])


def enter(page, device_code, who, code=None):
    browser = Browser(who, code)
    read = lambda answer: answer.read().decode()
    xsrf = lambda text: re.search(r'name="xsrf" value="([^"]+)"', text).group(1)
    text = read(browser.ask(page))
    text = read(browser.ask(page, {"xsrf": xsrf(text), "user_code": device_code}))
    form = {"xsrf": xsrf(text), "user_code": device_code, "confirm": "yes"}
    _, answer = browser.follow(page, browser.ask(page, form))
    print(re.sub(r"<[^>]+>", " ", read(answer)))


{"token": token, "enter": enter}[sys.argv[1]](*sys.argv[2:])
