"""Modal's servers as far as the project needs them, for the real SDK to talk to.

A gRPC server that speaks Modal's own protocol: sign-in, functions of deployed apps, calls, Dicts.
Each call runs in a process of its own, as a container would: it is told apart by its id, writes its
notes through the SDK, and is started again when it crashes. What goes wrong is chosen by the
``video_id`` of the job.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import sys
import threading
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import grpclib.server
import modal
from google.protobuf import empty_pb2
from grpclib import GRPCError, Status
from modal._utils.grpc_testing import patch_mock_servicer
from modal.client import _Client
from modal_proto import api_grpc, api_pb2

from captionacc.compute.backends.gpu_functions import GPU_FUNCTIONS

_CONTAINER = """
import importlib, sys
from pathlib import Path
from captionacc.compute.backends.container import serve
from captionacc.compute.backends.modal import notes_of
call_id, app, runner, request, reply = sys.argv[1:]
module, _, name = runner.partition(":")
run = getattr(importlib.import_module(module), name)
Path(reply).write_text(serve(Path(request).read_text(), call_id, notes_of(app), run))
"""
_OK = api_pb2.GenericResult.GENERIC_STATUS_SUCCESS
_ENDINGS = {
    "timeout": (api_pb2.GenericResult.GENERIC_STATUS_TIMEOUT, "it took more than 1800 s"),
    "lose": (api_pb2.GenericResult.GENERIC_STATUS_INTERNAL_FAILURE, "the runner was lost"),
    "oom": (api_pb2.GenericResult.GENERIC_STATUS_FAILURE, "the container ran out of memory"),
    "cancel": (api_pb2.GenericResult.GENERIC_STATUS_TERMINATED, "the call was cancelled"),
}


@dataclass
class Call:
    """One spawned call."""

    id: str
    app: str
    request: str
    result: api_pb2.GenericResult | None = None
    is_expired: bool = False
    starts: int = 0
    process: asyncio.subprocess.Process | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    noted: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def video_id(self):
        """Of the job that it runs."""
        return json.loads(self.request)["job"]["video_id"]


class ModalCloud:
    """The double; used as a context manager.

    Args:
        folder: For the containers' files.

    Attributes:
        apps: The functions of each deployed app.
        runner: ``module:function`` that containers run jobs with.
        container_env: Environment of the containers, beside how they reach this server.
        fates: What happens to the next calls of a video: ``timeout``, ``lose``, ``oom``, ``expire``
            or ``preempt``, once its container has reported something.
        trouble: A gRPC status with which every request is refused.
        images: What `modal deploy` has asked to be built, in order.
        created: The functions that `modal deploy` has created, by name, as they were asked for.
    """

    token = ("ak-test", "as-test")

    def __init__(self, folder):
        self.apps = {}
        self.runner = ""
        self.container_env = dict(os.environ)
        self.fates = {}
        self.trouble = None
        self.calls = []
        self.dicts = {}
        self.images = []
        self.created = {}
        self._folder = Path(folder)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks = set()

    def __enter__(self):
        self._thread.start()
        self.url = self._ask(self._start())
        return self

    def __exit__(self, *_):
        self._ask(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def environment(self):
        """How the SDK reaches this server, as environment variables."""
        token_id, secret = self.token
        return {
            "MODAL_SERVER_URL": self.url,
            "MODAL_TOKEN_ID": token_id,
            "MODAL_TOKEN_SECRET": secret,
            "MODAL_CONFIG_PATH": str(self._folder / "modal.toml"),
        }

    def deploy(self, app, functions=GPU_FUNCTIONS):
        """Make an app's functions known."""
        self.apps[app] = {function.name: function for function in functions}

    @staticmethod
    def sign_out():
        """Close the connection that the SDK of this process keeps."""
        if _Client._client_from_env is not None:
            modal.Client.from_env().close()

    def calls_of(self, video_id):
        """The calls that were spawned for a video."""
        return [call for call in self.calls if call.video_id == video_id]

    def _ask(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _start(self):
        self._server = grpclib.server.Server([_Servicer(self)])
        await self._server.start("127.0.0.1", 0)
        port = self._server._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    async def _stop(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for call in self.calls:
            await _kill(call)
        self._server.close()
        await self._server.wait_closed()

    def spawn(self, app, request):
        """Begin a call."""
        call = Call(f"fc-{len(self.calls) + 1:022d}", app, request)
        self.calls.append(call)
        task = self._loop.create_task(self._run(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return call

    async def _run(self, call):
        fates = list(self.fates.pop(call.video_id, ()))
        while call.result is None:
            fate = fates.pop(0) if fates else "run"
            reply = await self._container(call, fate)
            if call.result is not None:
                break  # cancelled
            if fate in _ENDINGS:
                end(call, fate)
            elif reply is not None:
                call.result = api_pb2.GenericResult(status=_OK, data=pickle.dumps(reply))
                call.is_expired = fate == "expire"
        call.ended.set()

    async def _container(self, call, fate):
        """The reply of one container; none if it crashed or was taken away."""
        call.starts += 1
        call.noted.clear()
        paths = [self._folder / f"{call.id}.{call.starts}.{end}" for end in ("request", "reply")]
        paths[0].write_text(call.request)
        command = [sys.executable, "-c", _CONTAINER, call.id, call.app, self.runner, *paths]
        with (self._folder / f"{call.id}.log").open("ab") as log:
            call.process = await asyncio.create_subprocess_exec(
                *command, env=self.container_env | self.environment, stdout=log, stderr=log
            )
        waits = [call.process.wait()]
        if fate in _ENDINGS or fate == "preempt":
            waits.append(call.noted.wait())
        tasks = [asyncio.ensure_future(wait) for wait in waits]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await _kill(call)
        await asyncio.wait(tasks[:1])
        return paths[1].read_text() if paths[1].exists() else None


def end(call, how):
    """Give the call an ending of Modal's own."""
    status, told = _ENDINGS[how]
    call.result = api_pb2.GenericResult(status=status, exception=told)


async def _kill(call):
    if call.process is not None and call.process.returncode is None:
        call.process.kill()
        await call.process.wait()


class _Servicer(api_grpc.ModalClientBase):
    """The requests that the SDK makes for us; all others are answered as not implemented."""

    def __init__(self, cloud):
        self._cloud = cloud
        self._ids = count(1)

    async def _receive(self, stream):
        request = await stream.recv_message()
        if self._cloud.trouble is not None:
            raise GRPCError(self._cloud.trouble, "trouble was asked for")
        given = stream.metadata.get("x-modal-token-id"), stream.metadata.get("x-modal-token-secret")
        if given != self._cloud.token:
            raise GRPCError(Status.UNAUTHENTICATED, "Token ID not found")
        return request

    def _call(self, call_id):
        for call in self._cloud.calls:
            if call.id == call_id:
                return call
        raise GRPCError(Status.NOT_FOUND, f"no function call {call_id}")

    async def ClientHello(self, stream):  # noqa: N802  # the protocol's name, as all below
        await self._receive(stream)
        await stream.send_message(api_pb2.ClientHelloResponse())

    async def FunctionGet(self, stream):  # noqa: N802
        request = await self._receive(stream)
        function = self._cloud.apps.get(request.app_name, {}).get(request.object_tag)
        if function is None:
            raise GRPCError(Status.NOT_FOUND, f"no {request.object_tag} in {request.app_name}")
        await stream.send_message(
            api_pb2.FunctionGetResponse(
                function_id=f"fu-{request.app_name}:{function.name}",
                handle_metadata=api_pb2.FunctionHandleMetadata(
                    function_name=function.name,
                    function_type=api_pb2.Function.FUNCTION_TYPE_FUNCTION,
                ),
                function=_described(function),
            )
        )

    async def FunctionMap(self, stream):  # noqa: N802
        request = await self._receive(stream)
        app = request.function_id.removeprefix("fu-").partition(":")[0]
        (text,), _ = _value(request.pipelined_inputs[0].input.args)
        call = self._cloud.spawn(app, text)
        item = api_pb2.FunctionPutInputsResponseItem(input_id="in-1", input_jwt="jwt")
        await stream.send_message(
            api_pb2.FunctionMapResponse(function_call_id=call.id, pipelined_inputs=[item])
        )

    async def FunctionGetOutputs(self, stream):  # noqa: N802
        request = await self._receive(stream)
        call = self._call(request.function_call_id)
        try:
            await asyncio.wait_for(call.ended.wait(), request.timeout or 0.001)
        except TimeoutError:
            await stream.send_message(api_pb2.FunctionGetOutputsResponse(num_unfinished_inputs=1))
            return
        outputs = [
            api_pb2.FunctionGetOutputsItem(
                result=call.result, data_format=api_pb2.DATA_FORMAT_PICKLE
            )
        ]
        await stream.send_message(
            api_pb2.FunctionGetOutputsResponse(outputs=[] if call.is_expired else outputs)
        )

    async def FunctionCallCancel(self, stream):  # noqa: N802
        request = await self._receive(stream)
        call = self._call(request.function_call_id)
        if call.result is None:
            end(call, "cancel")
            await _kill(call)
        await stream.send_message(empty_pb2.Empty())

    async def AppGetByDeploymentName(self, stream):  # noqa: N802
        await self._receive(stream)
        await stream.send_message(api_pb2.AppGetByDeploymentNameResponse())

    async def AppCreate(self, stream):  # noqa: N802
        await self._receive(stream)
        await stream.send_message(api_pb2.AppCreateResponse(app_id="ap-1"))

    async def AppHeartbeat(self, stream):  # noqa: N802
        await self._receive(stream)
        await stream.send_message(empty_pb2.Empty())

    async def AppClientDisconnect(self, stream):  # noqa: N802
        await self._receive(stream)
        await stream.send_message(empty_pb2.Empty())

    async def AppGetLayout(self, stream):  # noqa: N802
        await self._receive(stream)
        await stream.send_message(api_pb2.AppGetLayoutResponse())

    async def AppPublish(self, stream):  # noqa: N802
        await self._receive(stream)
        await stream.send_message(api_pb2.AppPublishResponse(url=f"{self._cloud.url}/apps/ap-1"))

    async def EnvironmentGetOrCreate(self, stream):  # noqa: N802
        await self._receive(stream)
        settings = api_pb2.EnvironmentSettings(image_builder_version="2025.06")
        metadata = api_pb2.EnvironmentMetadata(name="main", settings=settings)
        await stream.send_message(
            api_pb2.EnvironmentGetOrCreateResponse(environment_id="en-1", metadata=metadata)
        )

    async def ImageGetOrCreate(self, stream):  # noqa: N802
        request = await self._receive(stream)
        self._cloud.images.append(request.image)
        image_id = f"im-{len(self._cloud.images)}"
        result = api_pb2.GenericResult(status=_OK)
        await stream.send_message(
            api_pb2.ImageGetOrCreateResponse(image_id=image_id, result=result)
        )

    async def MountGetOrCreate(self, stream):  # noqa: N802
        await self._receive(stream)
        await stream.send_message(
            api_pb2.MountGetOrCreateResponse(mount_id=f"mo-{next(self._ids)}")
        )

    async def MountBatchedCheckExistence(self, stream):  # noqa: N802
        await self._receive(stream)
        await stream.send_message(api_pb2.MountBatchedCheckExistenceResponse())

    async def MountPutFile(self, stream):  # noqa: N802
        await self._receive(stream)
        await stream.send_message(api_pb2.MountPutFileResponse(exists=True))

    async def SecretGetOrCreate(self, stream):  # noqa: N802
        request = await self._receive(stream)
        await stream.send_message(
            api_pb2.SecretGetOrCreateResponse(secret_id=f"st-{request.deployment_name}")
        )

    async def FunctionPrecreate(self, stream):  # noqa: N802
        request = await self._receive(stream)
        await stream.send_message(
            api_pb2.FunctionPrecreateResponse(function_id=f"fu-{request.function_name}")
        )

    async def FunctionCreate(self, stream):  # noqa: N802
        request = await self._receive(stream)
        function = request.function
        self._cloud.created[function.function_name] = function
        one = api_pb2.FunctionData.RankedFunction(rank=0, function=function)
        await stream.send_message(
            api_pb2.FunctionCreateResponse(
                function_id=f"fu-{function.function_name}",
                function=function,
                function_data=api_pb2.FunctionData(ranked_functions=[one]),
                handle_metadata=api_pb2.FunctionHandleMetadata(
                    function_name=function.function_name
                ),
            )
        )

    async def DictGetOrCreate(self, stream):  # noqa: N802
        request = await self._receive(stream)
        self._cloud.dicts.setdefault(request.deployment_name, {})
        metadata = api_pb2.DictMetadata(name=request.deployment_name)
        await stream.send_message(
            api_pb2.DictGetOrCreateResponse(
                dict_id=f"di-{request.deployment_name}", metadata=metadata
            )
        )

    async def DictGet(self, stream):  # noqa: N802
        request = await self._receive(stream)
        value = self._cloud.dicts[request.dict_id.removeprefix("di-")].get(request.key)
        await stream.send_message(
            api_pb2.DictGetResponse(found=value is not None, value=value or b"")
        )

    async def DictUpdate(self, stream):  # noqa: N802
        request = await self._receive(stream)
        for entry in request.updates:
            self._cloud.dicts[request.dict_id.removeprefix("di-")][entry.key] = entry.value
            self._tell(_value(entry.key), _value(entry.value))
        await stream.send_message(api_pb2.DictUpdateResponse(created=True))

    def _tell(self, key, value):
        """A container's report ends the wait of what is to happen to it then."""
        for call in self._cloud.calls:
            if call.id == key and json.loads(value)["phase"] is not None:
                call.noted.set()


def _described(function):
    gpu = api_pb2.GPUConfig(gpu_type=function.gpu, count=1)
    one = api_pb2.FunctionData.RankedFunction(
        rank=0,
        function=api_pb2.Function(
            function_name=function.name,
            resources=api_pb2.Resources(gpu_config=gpu, memory_mb=function.memory_mb),
        ),
    )
    return api_pb2.FunctionData(
        function_name=function.name, timeout_secs=function.timeout_s, ranked_functions=[one]
    )


def _value(pickled):
    return pickle.loads(pickled)  # noqa: S301  # of the SDK in this very test


patch_mock_servicer(_Servicer)
