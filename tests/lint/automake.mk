# What "make check" says of the source itself.
lint_tests = \
	tests/lint/cppcheck.py \
	tests/lint/layers.py \
	tests/lint/layout.py \
	tests/lint/pycode.py \
	tests/lint/style.py \
	tests/lint/test_lint.py
TESTS += $(lint_tests)
EXTRA_DIST += \
	.clang-format \
	$(lint_tests) \
	tests/lint/cppcheck.h \
	tests/lint/cppcheck.supp \
	tests/lint/lint.py

TEST_EXTENSIONS = .py
PY_LOG_COMPILER = $(PYTHON)
AM_TESTS_ENVIRONMENT = \
	OVS_SRCDIR='$(OVS_SRCDIR)'; export OVS_SRCDIR; \
	OVS_BUILDDIR='$(OVS_BUILDDIR)'; export OVS_BUILDDIR; \
	PYTHONDONTWRITEBYTECODE=yes; export PYTHONDONTWRITEBYTECODE;

clean-lint:
	rm -rf tests/lint/cppcheck
CLEAN_LOCAL += clean-lint
.PHONY: clean-lint
