"""A gRPC client that knows nothing but what the server's reflection tells.

    python tests/e2e/grpc_reflection_client.py 127.0.0.1:50051

Builds its stub from reflection (v1alpha), then calls every method, cancels a
stream midway, runs into a deadline and asks for health. Exits 0 if every
answer is right.
"""

import argparse
import math
import time

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase)

SERVICE = "millijoule.v1.Inference"


class ReflectedStub:
    """stub.Method(field=...) for each method of a reflected service."""

    def __init__(self, channel, service):
        database = ProtoReflectionDescriptorDatabase(channel)
        self.services = database.get_services()
        pool = descriptor_pool.DescriptorPool(database)
        self.descriptor = pool.FindServiceByName(service)
        for method in self.descriptor.methods:
            setattr(self, method.name, self._callable(channel, method))

    def _callable(self, channel, method):
        request = message_factory.GetMessageClass(method.input_type)
        response = message_factory.GetMessageClass(method.output_type)
        make = (channel.unary_stream
                if method.server_streaming else channel.unary_unary)
        call = make(f"/{self.descriptor.full_name}/{method.name}",
                    request_serializer=request.SerializeToString,
                    response_deserializer=response.FromString)
        return lambda fields, **options: call(request(**fields), **options)


def status_of(call):
    try:
        for _ in call():
            pass
    except grpc.RpcError as error:
        return error.code(), error.details()
    return grpc.StatusCode.OK, ""


def check_model_info(stub):
    info = stub.ModelInfo({})
    assert info.name and info.vocabulary_size > 0 and info.layers >= 0, info
    assert info.context_length > 0 and info.backend and info.numerics, info
    assert stub.ModelInfo({"model": info.name}) == info
    code, details = status_of(lambda: [stub.ModelInfo({"model": "no-such"})])
    assert code == grpc.StatusCode.NOT_FOUND and "no-such" in details, details
    return info


def check_tokens(stub):
    text = "Hello, wörld! 你好 🙂"
    ids = list(stub.Tokenize({"text": text, "add_special": False}).token_ids)
    assert len(ids) > 3, ids
    assert stub.Detokenize({"token_ids": ids}).text.strip() == text
    special = list(stub.Tokenize({"text": text}).token_ids)
    assert special[-len(ids):] == ids, (special, ids)
    code, details = status_of(lambda: [stub.Detokenize({"token_ids": [-1]})])
    assert code == grpc.StatusCode.INVALID_ARGUMENT and "-1" in details
    code, _ = status_of(lambda: [stub.Tokenize({})])
    assert code == grpc.StatusCode.INVALID_ARGUMENT, code
    return ids


def generate(stub, max_tokens=8, **fields):
    request = {
        "sampling": {"temperature": 0},
        "stop": {"max_tokens": max_tokens, "ignore_eos": True},
        **fields,
    }
    return list(stub.Generate(request, timeout=120))


def check_summary(responses, choices, max_tokens):
    assert all(not r.HasField("summary") for r in responses[:-1])
    summary = responses[-1].summary
    assert summary.request_id
    assert [end.choice for end in summary.choices] == list(range(choices))
    usage = summary.usage
    assert usage.prompt_tokens > 0
    assert usage.completion_tokens == choices * max_tokens, usage
    energy = usage.energy
    assert energy.joules > 0 and energy.method in ("modelled", "measured")
    parts = energy.prefill_joules + energy.decode_joules
    assert abs(parts - energy.joules) <= 0.01 * energy.joules, energy
    assert energy.domain and energy.calibration, energy
    timings = summary.timings
    assert 0 < timings.first_token_seconds <= timings.total_seconds, timings


def check_generate(stub, ids):
    responses = generate(stub, text="Once upon a time", logprobs=2)
    check_summary(responses, choices=1, max_tokens=8)
    tokens = [t for r in responses for t in r.token_ids]
    logprobs = [p for r in responses for p in r.logprobs]
    text = "".join(r.text for r in responses)
    assert len(tokens) == 8 and text, (tokens, text)
    assert [p.token.id for p in logprobs] == tokens
    assert all(p.token.logprob <= 0 for p in logprobs)
    again = generate(stub, text="Once upon a time")
    assert [t for r in again for t in r.token_ids] == tokens
    assert "".join(r.text for r in again) == text
    check_summary(generate(stub, token_ids={"ids": ids}, n=2), 2, 8)


def check_chat(stub):
    messages = {"messages": [{"role": "user", "content": "Say hello."}]}
    ids = list(stub.Tokenize({"messages": messages}).token_ids)
    responses = generate(stub, messages=messages)
    check_summary(responses, choices=1, max_tokens=8)
    assert responses[-1].summary.usage.prompt_tokens == len(ids)


def check_embed(stub, ids):
    reply = stub.Embed({"token_ids": {"ids": ids}}, timeout=120)
    assert abs(math.hypot(*reply.embedding) - 1) < 1e-5
    assert reply.summary.usage.prompt_tokens == len(ids)
    assert reply.summary.usage.energy.joules > 0
    code, details = status_of(lambda: [stub.Embed({})])
    assert code == grpc.StatusCode.INVALID_ARGUMENT and "prompt" in details


def check_errors(stub):
    cases = [
        ("no prompt", {}, "prompt"),
        ("empty messages", {"messages": {}}, "messages"),
        ("n is zero", {"text": "x", "n": 0}, "n"),
        ("temperature", {"text": "x", "sampling": {"temperature": -1}},
         "temperature"),
        ("logprobs", {"text": "x", "logprobs": 1000}, "logprobs"),
    ]
    for name, fields, word in cases:
        code, details = status_of(lambda: stub.Generate(fields))
        assert code == grpc.StatusCode.INVALID_ARGUMENT, (name, code, details)
        assert word in details, (name, details)
    code, details = status_of(
        lambda: stub.Generate({"text": "x", "model": "no-such"}))
    assert code == grpc.StatusCode.NOT_FOUND and "no-such" in details, details


def endless(stub, info, **options):
    """A stream that takes far longer than any test waits for it."""
    return stub.Generate(
        {
            "text": "Count: 1, 2, 3,",
            "stop": {"max_tokens": info.context_length // 2,
                     "ignore_eos": True},
        }, **options)


def check_cancel(stub, info):
    stream = endless(stub, info)
    next(stream)
    next(stream)
    stream.cancel()
    code, _ = status_of(lambda: stream)
    assert code == grpc.StatusCode.CANCELLED, code
    check_summary(generate(stub, text="After a cancelled call"), 1, 8)


def check_deadline(stub, info):
    started = time.monotonic()
    code, _ = status_of(lambda: endless(stub, info, timeout=0.3))
    took = time.monotonic() - started
    assert code == grpc.StatusCode.DEADLINE_EXCEEDED, code
    assert took < 5, took


def check_health(channel):
    health = health_pb2_grpc.HealthStub(channel)
    serving = health_pb2.HealthCheckResponse.SERVING
    for name in ("", SERVICE):
        request = health_pb2.HealthCheckRequest(service=name)
        assert health.Check(request).status == serving, name
    unknown = health_pb2.HealthCheckRequest(service="no.such.Service")
    code, _ = status_of(lambda: [health.Check(unknown)])
    assert code == grpc.StatusCode.NOT_FOUND, code
    watch = health.Watch(unknown)
    first = next(watch).status
    assert first == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN, first
    watch.cancel()


def check_all(address, key=None, say=print):
    options = [("grpc.max_receive_message_length", 64 << 20)]
    with grpc.insecure_channel(address, options) as channel:
        grpc.channel_ready_future(channel).result(timeout=30)
        check_health(channel)
        if key is not None:
            channel = grpc.intercept_channel(channel, BearerKey(key))
        stub = ReflectedStub(channel, SERVICE)
        for name in (SERVICE, "millijoule.v1.Energy", "grpc.health.v1.Health",
                     "grpc.reflection.v1alpha.ServerReflection"):
            assert name in stub.services, (name, stub.services)
        info = check_model_info(stub)
        ids = check_tokens(stub)
        check_generate(stub, ids)
        if info.has_chat_template:
            check_chat(stub)
        check_embed(stub, ids)
        check_errors(stub)
        check_cancel(stub, info)
        check_deadline(stub, info)
        say(f"gRPC: every check passed on {info.name} at {address}")


class BearerKey(grpc.UnaryUnaryClientInterceptor,
                grpc.UnaryStreamClientInterceptor):
    """Adds `authorization: Bearer KEY` to every call."""

    def __init__(self, key):
        self.metadata = [("authorization", f"Bearer {key}")]

    def _with_key(self, details):
        return details._replace(
            metadata=list(details.metadata or []) + self.metadata)

    def intercept_unary_unary(self, proceed, details, request):
        return proceed(self._with_key(details), request)

    def intercept_unary_stream(self, proceed, details, request):
        return proceed(self._with_key(details), request)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address", help="HOST:PORT of a server")
    parser.add_argument("--api-key", help="sent as authorization metadata")
    arguments = parser.parse_args()
    check_all(arguments.address, arguments.api_key)
