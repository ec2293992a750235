# cmake -DOUTPUT=index_html.h -DFILE=index.html -P embed_page.cmake
# Writes the page as a string constant.
file(READ ${FILE} text)
file(WRITE ${OUTPUT}
     "// Generated from server/page/index.html.\n#include <string_view>\n\n"
     "namespace mj {\n\ninline constexpr std::string_view kIndexHtml = "
     "R\"mj_page(${text})mj_page\";\n\n}  // namespace mj\n")
