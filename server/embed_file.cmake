# cmake -DOUTPUT=index_html.h -DFILE=index.html -DNAME=kIndexHtml -P
# embed_file.cmake: writes a text file as a string constant.
file(READ ${FILE} text)
get_filename_component(source ${FILE} NAME)
file(WRITE ${OUTPUT}
     "// Generated from ${source}.\n#include <string_view>\n\n"
     "namespace mj {\n\ninline constexpr std::string_view ${NAME} = "
     "R\"mj_file(${text})mj_file\";\n\n}  // namespace mj\n")
