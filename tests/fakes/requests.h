// What tests of whole engines ask for.
#ifndef MILLIJOULE_TESTS_FAKES_REQUESTS_H_
#define MILLIJOULE_TESTS_FAKES_REQUESTS_H_

#include <gtest/gtest.h>

#include <random>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "tests/fakes/reply.h"

namespace mj {

using Tokens = std::vector<TokenId>;

// Of the fake model's vocabulary.
inline Tokens RandomTokens(int length, uint32_t seed) {
  std::mt19937 random(seed);
  Tokens ids(length);
  for (TokenId& id : ids) id = random() % 256;
  return ids;
}

// Drawn; a reply of just so many tokens.
inline Request MakeRequest(Tokens prompt, int max_tokens) {
  Request request;
  request.prompt = std::move(prompt);
  request.stop.max_tokens = max_tokens;
  request.stop.ignore_eos = true;
  request.sampling.seed = 42;
  return request;
}

inline Request MakeGreedyRequest(Tokens prompt, int max_tokens) {
  Request request = MakeRequest(std::move(prompt), max_tokens);
  request.sampling.temperature = 0;
  return request;
}

inline Reply Ask(Engine& engine, Request request) {
  auto channel = engine.Submit(std::move(request), nullptr);
  EXPECT_TRUE(channel.ok()) << channel.status();
  return ReadAll(**channel);
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_FAKES_REQUESTS_H_
