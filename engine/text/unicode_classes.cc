#include "engine/text/unicode_classes.h"

namespace mj {
namespace {

struct Addition {
  std::string_view property;
  std::string_view ranges;
};

// Assigned in Unicode 15 to 16, which the reference engines know and older
// builds of PCRE2 (10.42: Unicode 14) do not.
constexpr Addition kAdditions[] = {
    {"L", R"(\x{1C89}-\x{1C8A}\x{A7CB}-\x{A7CD}\x{A7DA}-\x{A7DC})"
          R"(\x{105C0}-\x{105F3}\x{10D4A}-\x{10D65}\x{10D6F}-\x{10D85})"
          R"(\x{10EC2}-\x{10EC4}\x{1123F}-\x{11240}\x{11380}-\x{11389})"
          R"(\x{1138B}\x{1138E}\x{11390}-\x{113B5}\x{113B7}\x{113D1})"
          R"(\x{113D3}\x{11BC0}-\x{11BE0}\x{11F02}\x{11F04}-\x{11F10})"
          R"(\x{11F12}-\x{11F33}\x{1342F}\x{13441}-\x{13446})"
          R"(\x{13460}-\x{143FA}\x{16100}-\x{1611D}\x{16D40}-\x{16D6C})"
          R"(\x{18CFF}\x{1B132}\x{1B155}\x{1DF25}-\x{1DF2A})"
          R"(\x{1E030}-\x{1E06D}\x{1E4D0}-\x{1E4EB}\x{1E5D0}-\x{1E5ED})"
          R"(\x{1E5F0}\x{2B739}\x{2EBF0}-\x{2EE5D}\x{31350}-\x{323AF})"},
    {"M", R"(\x{897}\x{CF3}\x{ECE}\x{10D69}-\x{10D6D}\x{10EFC}-\x{10EFF})"
          R"(\x{11241}\x{113B8}-\x{113C0}\x{113C2}\x{113C5})"
          R"(\x{113C7}-\x{113CA}\x{113CC}-\x{113D0}\x{113D2})"
          R"(\x{113E1}-\x{113E2}\x{11F00}-\x{11F01}\x{11F03})"
          R"(\x{11F34}-\x{11F3A}\x{11F3E}-\x{11F42}\x{11F5A}\x{13440})"
          R"(\x{13447}-\x{13455}\x{1611E}-\x{1612F}\x{1E08F})"
          R"(\x{1E4EC}-\x{1E4EF}\x{1E5EE}-\x{1E5EF})"},
    {"N", R"(\x{10D40}-\x{10D49}\x{116D0}-\x{116E3}\x{11BF0}-\x{11BF9})"
          R"(\x{11F50}-\x{11F59}\x{16130}-\x{16139}\x{16D70}-\x{16D79})"
          R"(\x{1CCF0}-\x{1CCF9}\x{1D2C0}-\x{1D2D3}\x{1E4F0}-\x{1E4F9})"
          R"(\x{1E5F1}-\x{1E5FA})"},
    {"P", R"(\x{1B4E}-\x{1B4F}\x{1B7F}\x{10D6E}\x{113D4}-\x{113D5})"
          R"(\x{113D7}-\x{113D8}\x{11B00}-\x{11B09}\x{11BE1})"
          R"(\x{11F43}-\x{11F4F}\x{16D6D}-\x{16D6F}\x{1E5FF})"},
    {"S", R"(\x{2427}-\x{2429}\x{2FFC}-\x{2FFF}\x{31E4}-\x{31E5}\x{31EF})"
          R"(\x{10D8E}-\x{10D8F}\x{1CC00}-\x{1CCEF}\x{1CD00}-\x{1CEB3})"
          R"(\x{1F6DC}\x{1F774}-\x{1F776}\x{1F77B}-\x{1F77F}\x{1F7D9})"
          R"(\x{1F8B2}-\x{1F8BB}\x{1F8C0}-\x{1F8C1}\x{1FA75}-\x{1FA77})"
          R"(\x{1FA87}-\x{1FA89}\x{1FA8F}\x{1FAAD}-\x{1FAAF})"
          R"(\x{1FABB}-\x{1FABF}\x{1FAC6}\x{1FACE}-\x{1FACF})"
          R"(\x{1FADA}-\x{1FADC}\x{1FADF}\x{1FAE8}-\x{1FAE9})"
          R"(\x{1FAF7}-\x{1FAF8}\x{1FBCB}-\x{1FBEF})"},
    {"Lu", R"(\x{1C89}\x{A7CB}-\x{A7CC}\x{A7DA}\x{A7DC}\x{10D50}-\x{10D65})"},
    {"Ll", R"(\x{1C8A}\x{A7CD}\x{A7DB}\x{10D70}-\x{10D85})"
           R"(\x{1DF25}-\x{1DF2A})"},
    {"Lm", R"(\x{10D4E}\x{10D6F}\x{16D40}-\x{16D42}\x{16D6B}-\x{16D6C})"
           R"(\x{1E030}-\x{1E06D}\x{1E4EB})"},
    {"Lo", R"(\x{105C0}-\x{105F3}\x{10D4A}-\x{10D4D}\x{10D4F})"
           R"(\x{10EC2}-\x{10EC4}\x{1123F}-\x{11240}\x{11380}-\x{11389})"
           R"(\x{1138B}\x{1138E}\x{11390}-\x{113B5}\x{113B7}\x{113D1})"
           R"(\x{113D3}\x{11BC0}-\x{11BE0}\x{11F02}\x{11F04}-\x{11F10})"
           R"(\x{11F12}-\x{11F33}\x{1342F}\x{13441}-\x{13446})"
           R"(\x{13460}-\x{143FA}\x{16100}-\x{1611D}\x{16D43}-\x{16D6A})"
           R"(\x{18CFF}\x{1B132}\x{1B155}\x{1E4D0}-\x{1E4EA})"
           R"(\x{1E5D0}-\x{1E5ED}\x{1E5F0}\x{2B739}\x{2EBF0}-\x{2EE5D})"
           R"(\x{31350}-\x{323AF})"},
};

constexpr std::string_view kOldPunctuation =
    R"(\x{21}-\x{2F}\x{3A}-\x{40}\x{5B}-\x{60}\x{7B}-\x{7E}\x{A1})"
    R"(\x{A7}\x{AB}\x{B6}-\x{B7}\x{BB}\x{BF}\x{37E}\x{387})"
    R"(\x{55A}-\x{55F}\x{589}-\x{58A}\x{5BE}\x{5C0}\x{5C3}\x{5C6})"
    R"(\x{5F3}-\x{5F4}\x{609}-\x{60A}\x{60C}-\x{60D}\x{61B})"
    R"(\x{61E}-\x{61F}\x{66A}-\x{66D}\x{6D4}\x{700}-\x{70D})"
    R"(\x{7F7}-\x{7F9}\x{830}-\x{83E}\x{85E}\x{964}-\x{965}\x{970})"
    R"(\x{AF0}\x{DF4}\x{E4F}\x{E5A}-\x{E5B}\x{F04}-\x{F12}\x{F14})"
    R"(\x{F3A}-\x{F3D}\x{F85}\x{FD0}-\x{FD4}\x{FD9}-\x{FDA})"
    R"(\x{104A}-\x{104F}\x{10FB}\x{1360}-\x{1368}\x{1400})"
    R"(\x{166D}-\x{166E}\x{169B}-\x{169C}\x{16EB}-\x{16ED})"
    R"(\x{1735}-\x{1736}\x{17D4}-\x{17D6}\x{17D8}-\x{17DA})"
    R"(\x{1800}-\x{180A}\x{1944}-\x{1945}\x{1A1E}-\x{1A1F})"
    R"(\x{1AA0}-\x{1AA6}\x{1AA8}-\x{1AAD}\x{1B5A}-\x{1B60})"
    R"(\x{1BFC}-\x{1BFF}\x{1C3B}-\x{1C3F}\x{1C7E}-\x{1C7F})"
    R"(\x{1CC0}-\x{1CC7}\x{1CD3}\x{2010}-\x{2027}\x{2030}-\x{2043})"
    R"(\x{2045}-\x{2051}\x{2053}-\x{205E}\x{207D}-\x{207E})"
    R"(\x{208D}-\x{208E}\x{2308}-\x{230B}\x{2329}-\x{232A})"
    R"(\x{2768}-\x{2775}\x{27C5}-\x{27C6}\x{27E6}-\x{27EF})"
    R"(\x{2983}-\x{2998}\x{29D8}-\x{29DB}\x{29FC}-\x{29FD})"
    R"(\x{2CF9}-\x{2CFC}\x{2CFE}-\x{2CFF}\x{2D70}\x{2E00}-\x{2E2E})"
    R"(\x{2E30}-\x{2E42}\x{3001}-\x{3003}\x{3008}-\x{3011})"
    R"(\x{3014}-\x{301F}\x{3030}\x{303D}\x{30A0}\x{30FB})"
    R"(\x{A4FE}-\x{A4FF}\x{A60D}-\x{A60F}\x{A673}\x{A67E})"
    R"(\x{A6F2}-\x{A6F7}\x{A874}-\x{A877}\x{A8CE}-\x{A8CF})"
    R"(\x{A8F8}-\x{A8FA}\x{A8FC}\x{A92E}-\x{A92F}\x{A95F})"
    R"(\x{A9C1}-\x{A9CD}\x{A9DE}-\x{A9DF}\x{AA5C}-\x{AA5F})"
    R"(\x{AADE}-\x{AADF}\x{AAF0}-\x{AAF1}\x{ABEB}\x{FD3E}-\x{FD3F})"
    R"(\x{FE10}-\x{FE19}\x{FE30}-\x{FE52}\x{FE54}-\x{FE61}\x{FE63})"
    R"(\x{FE68}\x{FE6A}-\x{FE6B}\x{FF01}-\x{FF03}\x{FF05}-\x{FF0A})"
    R"(\x{FF0C}-\x{FF0F}\x{FF1A}-\x{FF1B}\x{FF1F}-\x{FF20})"
    R"(\x{FF3B}-\x{FF3D}\x{FF3F}\x{FF5B}\x{FF5D}\x{FF5F}-\x{FF65})"
    R"(\x{10100}-\x{10102}\x{1039F}\x{103D0}\x{1056F}\x{10857})"
    R"(\x{1091F}\x{1093F}\x{10A50}-\x{10A58}\x{10A7F})"
    R"(\x{10AF0}-\x{10AF6}\x{10B39}-\x{10B3F}\x{10B99}-\x{10B9C})"
    R"(\x{11047}-\x{1104D}\x{110BB}-\x{110BC}\x{110BE}-\x{110C1})"
    R"(\x{11140}-\x{11143}\x{11174}-\x{11175}\x{111C5}-\x{111C9})"
    R"(\x{111CD}\x{111DB}\x{111DD}-\x{111DF}\x{11238}-\x{1123D})"
    R"(\x{112A9}\x{114C6}\x{115C1}-\x{115D7}\x{11641}-\x{11643})"
    R"(\x{1173C}-\x{1173E}\x{12470}-\x{12474}\x{16A6E}-\x{16A6F})"
    R"(\x{16AF5}\x{16B37}-\x{16B3B}\x{16B44}\x{1BC9F})"
    R"(\x{1DA87}-\x{1DA8B})";

}  // namespace

std::string_view AdditionsTo(std::string_view property) {
  for (const Addition& addition : kAdditions) {
    if (addition.property == property) return addition.ranges;
  }
  return {};
}

std::string_view RustPunctuation() { return kOldPunctuation; }

}  // namespace mj
