"""One case in OpenVINO GenAI, in a process of its own: JSON on stdout.

Times a first run of one token and a full run, after a warm-up of both, so
that prefill and decode are told apart the same way as for the others. Every
run has new random prompts: its prefix cache never helps.
"""

import argparse
import json
import random
import resource
import sys
import time


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    for name in ("prompt", "output", "batch", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    args = parser.parse_args()
    try:
        import numpy
        import openvino
        import openvino_genai
        pipeline = openvino_genai.LLMPipeline(
            args.model, "CPU", INFERENCE_NUM_THREADS=args.threads)
    except (ImportError, RuntimeError) as error:
        sys.exit(" ".join(str(error).split()))

    def run(tokens):
        ids = numpy.array([[random.randrange(100, 40000)
                            for _ in range(args.prompt)]
                           for _ in range(args.batch)], dtype=numpy.int64)
        inputs = openvino_genai.TokenizedInputs(
            openvino.Tensor(ids), openvino.Tensor(numpy.ones_like(ids)))
        config = openvino_genai.GenerationConfig()
        config.max_new_tokens = tokens
        config.ignore_eos = True
        config.do_sample = False
        started, cpu = time.perf_counter(), cpu_seconds()
        result = pipeline.generate(inputs, config)
        wall, cpu = time.perf_counter() - started, cpu_seconds() - cpu
        lengths = [len(tokens) for tokens in result.tokens]
        if lengths != [tokens] * args.batch:
            sys.exit(f"asked for {tokens} tokens of each of {args.batch} "
                     f"streams, got {lengths}")
        return wall, cpu

    run(args.output)
    first_wall, first_cpu = run(1)
    wall, cpu = run(args.output) if args.output > 1 else (first_wall,
                                                          first_cpu)
    print(json.dumps({
        "version": openvino_genai.__version__,
        "first_wall_seconds": first_wall, "first_cpu_seconds": first_cpu,
        "wall_seconds": wall, "cpu_seconds": cpu}))


main()
