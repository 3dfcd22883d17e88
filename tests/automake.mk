AM_CHECK_LIBS = $(CMOCKA_LIBS)
unit_programs =

unit_programs += tests/unit/test-model
tests_unit_test_model_SOURCES = \
	tests/unit/model-script.c \
	tests/unit/model-script.h \
	tests/unit/test-model.c
tests_unit_test_model_LDADD = ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(unit_programs)
TESTS += $(unit_programs)
endif
