"""A hub for tests: what the guide says, to the letter, and beside it only where things are on this machine."""

import json
import os

c = get_config()  # noqa: F821, JupyterHub's own
told = json.loads(os.environ["EPIC_HUB"])

for block in told["blocks"]:
    exec(compile(block, "docs/guide/sign-in.md", "exec"))

# WHY: what a hub does every five minutes is too seldom for a test.
c.Authenticator.auth_refresh_age = 1
c.JupyterHub.bind_url = told["hub"]
c.JupyterHub.hub_bind_url = told["inner"]
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.cookie_secret_file = f"{told['folder']}/cookie"
c.JupyterHub.default_url = "/hub/home"

# WHY tied to this process: what a test that is cut short has started ends with it.
tied = ["setpriv", "--pdeathsig", "KILL"]
c.ConfigurableHTTPProxy.command = [*tied, told["node"], told["proxy"]]
c.ConfigurableHTTPProxy.api_url = told["routes"]
c.ConfigurableHTTPProxy.pid_file = f"{told['folder']}/proxy.pid"

# Everybody as who runs the tests, in a folder each: this is no place for other people's work.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = told["folder"] + "/home-{username}"
c.Spawner.cmd = [*tied, told["python"], "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root", "--HubOAuth.cache_max_age=1"]
