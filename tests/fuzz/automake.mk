# Fuzz targets.  "make check" replays their seeds; "make fuzzers" links them
# with libFuzzer, after configure --enable-fuzzing with clang.
EXTRA_DIST += tests/fuzz/fuzz.h

replay_programs = \
	tests/fuzz/replay-flow-codec \
	tests/fuzz/replay-frr-json \
	tests/fuzz/replay-nl-msg \
	tests/fuzz/replay-row-parse
check_PROGRAMS += $(replay_programs)
unit_tests += $(replay_programs)

fuzz_programs = \
	tests/fuzz/fuzz-flow-codec \
	tests/fuzz/fuzz-frr-json \
	tests/fuzz/fuzz-nl-msg \
	tests/fuzz/fuzz-row-parse
EXTRA_PROGRAMS += $(fuzz_programs)
CLEANFILES += $(fuzz_programs)
fuzzers: $(fuzz_programs) $(replay_programs)
.PHONY: fuzzers

fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer

fuzz_flow_codec_libs = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS)
tests_fuzz_replay_flow_codec_SOURCES = \
	tests/fuzz/fuzz-flow-codec.c tests/fuzz/replay.c
tests_fuzz_replay_flow_codec_LDADD = $(fuzz_flow_codec_libs)
tests_fuzz_fuzz_flow_codec_SOURCES = \
	tests/fuzz/fuzz-flow-codec.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_flow_codec_LDADD = $(fuzz_flow_codec_libs)
tests_fuzz_fuzz_flow_codec_LDFLAGS = $(fuzz_ldflags)

fuzz_frr_json_libs = \
	evpn-bridge/libfrrplan.la ovs-ext/libmodel.la $(OVS_LIBS)
tests_fuzz_replay_frr_json_SOURCES = \
	tests/fuzz/fuzz-frr-json.c tests/fuzz/replay.c
tests_fuzz_replay_frr_json_LDADD = $(fuzz_frr_json_libs)
tests_fuzz_fuzz_frr_json_SOURCES = \
	tests/fuzz/fuzz-frr-json.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_frr_json_LDADD = $(fuzz_frr_json_libs)
tests_fuzz_fuzz_frr_json_LDFLAGS = $(fuzz_ldflags)

fuzz_nl_msg_libs = \
	evpn-bridge/libkernel.la ovs-ext/libmodel.la $(OVS_LIBS)
tests_fuzz_replay_nl_msg_SOURCES = \
	tests/fuzz/fuzz-nl-msg.c tests/fuzz/replay.c
tests_fuzz_replay_nl_msg_LDADD = $(fuzz_nl_msg_libs)
tests_fuzz_fuzz_nl_msg_SOURCES = \
	tests/fuzz/fuzz-nl-msg.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_nl_msg_LDADD = $(fuzz_nl_msg_libs)
tests_fuzz_fuzz_nl_msg_LDFLAGS = $(fuzz_ldflags)

fuzz_row_parse_libs = \
	ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la $(OVS_LIBS)
tests_fuzz_replay_row_parse_SOURCES = \
	tests/fuzz/fuzz-row-parse.c tests/fuzz/replay.c
tests_fuzz_replay_row_parse_LDADD = $(fuzz_row_parse_libs)
tests_fuzz_fuzz_row_parse_SOURCES = \
	tests/fuzz/fuzz-row-parse.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_row_parse_LDADD = $(fuzz_row_parse_libs)
tests_fuzz_fuzz_row_parse_LDFLAGS = $(fuzz_ldflags)
