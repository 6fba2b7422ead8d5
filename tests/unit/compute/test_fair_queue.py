"""Whose turn it is when compute is short."""

import threading
from dataclasses import dataclass

from captionacc.compute.backends.fair_queue import FairQueue
from captionacc.compute.contracts import Job
from captionacc.storage.location import StoreLocation


@dataclass(frozen=True)
class Call:
    """A job, by tenant, video and number."""

    tenant: str
    video: str
    number: int = 0

    @property
    def job(self):
        """Nothing that is run."""
        store = StoreLocation(path="/nowhere")
        return Job(job_key="k", store=store, tenant_id=self.tenant, video_id=self.video)


def order(*calls):
    """The calls in the order in which they are taken."""
    queue = FairQueue()
    for call in calls:
        queue.put(call)
    queue.close()
    return list(iter(queue.get, None))


def test_one_after_the_other():
    """Calls for one video are taken in the order in which they came."""
    calls = [Call("t", "v", number) for number in range(5)]
    assert order(*calls) == calls


def test_videos_take_turns():
    """A video with many calls lets each other one have its turn."""
    many = [Call("t", "many", number) for number in range(4)]
    few = [Call("t", "few", number) for number in range(2)]
    assert order(*many, *few) == [many[0], few[0], many[1], few[1], *many[2:]]


def test_tenants_take_turns():
    """A tenant with many videos gets no more than one with a single one."""
    many = [Call("many", f"v{number}") for number in range(3)]
    few = [Call("few", "w", number) for number in range(2)]
    assert order(*many, *few) == [many[0], few[0], many[1], few[1], many[2]]


def test_who_always_has_one_waiting_does_not_come_first_for_ever():
    """A tenant that asks again as soon as it was served waits for the others in between."""
    queue = FairQueue()
    for number in range(3):
        queue.put(Call("a", "v", number))
    taken = []
    for _ in range(6):
        queue.put(Call("b", "w"))
        taken.append(queue.get().tenant)
    assert taken[:6] == ["a", "b", "a", "b", "a", "b"]


def test_waiting_takes_end_with_the_queue():
    """Whoever waits for a call gets it, or hears that there will be none."""
    queue, taken = FairQueue(), []
    threads = [threading.Thread(target=lambda: taken.append(queue.get())) for _ in range(3)]
    for thread in threads:
        thread.start()
    call = Call("t", "v")
    queue.put(call)
    queue.close()
    for thread in threads:
        thread.join(20)
    assert sorted(map(str, taken)) == sorted(map(str, [call, None, None]))
