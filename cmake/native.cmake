# The kinds that native programs are built in: a build that is sanitized as a whole has one.
if(VS_SANITIZE MATCHES thread)
  set(VS_NATIVE_KINDS tsan)
elseif(VS_SANITIZE)
  set(VS_NATIVE_KINDS asan)
else()
  set(VS_NATIVE_KINDS plain tsan asan)
endif()
