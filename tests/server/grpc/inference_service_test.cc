#include "server/grpc/inference_service.h"

#include <gmock/gmock.h>

#include "tests/server/grpc/grpc_fixture.h"

namespace mj {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class InferenceServiceTest : public GrpcFixture {
 protected:
  void SetUp() override { StartServer(); }

  grpc::Status Tokenize(const v1::TokenizeRequest& request) {
    grpc::ClientContext call;
    return stub_->Tokenize(&call, request, &tokens_);
  }
  grpc::Status Detokenize(const v1::DetokenizeRequest& request) {
    grpc::ClientContext call;
    return stub_->Detokenize(&call, request, &text_);
  }

  v1::TokenizeResponse tokens_;
  v1::DetokenizeResponse text_;
};

TEST_F(InferenceServiceTest, TokenizesTextWithOrWithoutBos) {
  v1::TokenizeRequest request;
  request.set_text("Hi");
  ASSERT_TRUE(Tokenize(request).ok());
  EXPECT_THAT(tokens_.token_ids(), ElementsAre(FakeTokenizer::kBos, 'H', 'i'));
  request.set_add_special(false);
  ASSERT_TRUE(Tokenize(request).ok());
  EXPECT_THAT(tokens_.token_ids(), ElementsAre('H', 'i'));
}

TEST_F(InferenceServiceTest, TokenizesRenderedMessages) {
  v1::TokenizeRequest request;
  v1::ChatMessage* message = request.mutable_messages()->add_messages();
  message->set_role("r");
  message->set_content("c");
  ASSERT_TRUE(Tokenize(request).ok());
  EXPECT_THAT(tokens_.token_ids(), ElementsAre('[', 'r', ']', 'c'));
}

TEST_F(InferenceServiceTest, TokenizeNeedsAnInput) {
  const grpc::Status status = Tokenize({});
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("text"));
}

TEST_F(InferenceServiceTest, DetokenizesWhateverTheBytes) {
  v1::DetokenizeRequest request;
  for (const int id : {int{FakeTokenizer::kBos}, 0xC3, 0xA9, 0xC3}) {
    request.add_token_ids(id);
  }
  ASSERT_TRUE(Detokenize(request).ok());
  EXPECT_EQ(text_.text(), "<bos>é\uFFFD");
  request.set_print_special(false);
  ASSERT_TRUE(Detokenize(request).ok());
  EXPECT_EQ(text_.text(), "é\uFFFD");
}

TEST_F(InferenceServiceTest, DetokenizeChecksIds) {
  for (const int id : {-1, FakeTokenizer::kVocab, INT32_MAX}) {
    v1::DetokenizeRequest request;
    request.add_token_ids(id);
    const grpc::Status status = Detokenize(request);
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr(absl::StrCat(id)));
  }
}

TEST_F(InferenceServiceTest, ModelInfoTellsTheModelAndItsBackend) {
  v1::ModelInfoResponse info;
  grpc::ClientContext call;
  ASSERT_TRUE(stub_->ModelInfo(&call, {}, &info).ok());
  EXPECT_EQ(info.name(), "fake");
  EXPECT_EQ(info.context_length(), 8192);
  EXPECT_EQ(info.vocabulary_size(), FakeTokenizer::kVocab);
  EXPECT_EQ(info.layers(), 2);
  EXPECT_TRUE(info.has_chat_template());
  EXPECT_EQ(info.backend(), "fake");
  EXPECT_EQ(info.numerics(), "f32");
  EXPECT_TRUE(info.batch_invariant());
}

TEST_F(InferenceServiceTest, AnotherModelIsNotFound) {
  v1::ModelInfoRequest request;
  request.set_model("huge");
  v1::ModelInfoResponse info;
  grpc::ClientContext call;
  const grpc::Status status = stub_->ModelInfo(&call, request, &info);
  EXPECT_EQ(status.error_code(), grpc::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("huge"));
}

}  // namespace
}  // namespace mj
