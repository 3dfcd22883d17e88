dnl Finds the source and build trees of Open vSwitch, whose libopenvswitch and
dnl libovsdb are linked in.
AC_DEFUN([OVS_EXT_CHECK_OVS], [
  AC_ARG_WITH([ovs-source],
    [AS_HELP_STRING([--with-ovs-source=DIR], [Open vSwitch source tree])])
  AC_ARG_WITH([ovs-build],
    [AS_HELP_STRING([--with-ovs-build=DIR],
                    [Open vSwitch build tree (default: the source tree)])])
  AS_IF([test -z "$with_ovs_source"],
    [AC_MSG_ERROR([say where Open vSwitch is: --with-ovs-source=DIR])])
  AS_IF([test -z "$with_ovs_build"], [with_ovs_build=$with_ovs_source])

  AC_MSG_CHECKING([for Open vSwitch source])
  OVS_SRCDIR=$(cd "$with_ovs_source" 2>/dev/null && pwd)
  AS_IF([test -f "$OVS_SRCDIR/vswitchd/vswitch.ovsschema"], [],
    [AC_MSG_ERROR([$with_ovs_source is not an Open vSwitch source tree])])
  AC_MSG_RESULT([$OVS_SRCDIR])

  AC_MSG_CHECKING([for Open vSwitch build])
  OVS_BUILDDIR=$(cd "$with_ovs_build" 2>/dev/null && pwd)
  AS_IF([test -f "$OVS_BUILDDIR/lib/libopenvswitch.la"], [],
    [AC_MSG_ERROR([$with_ovs_build has no lib/libopenvswitch.la: build it])])
  AC_MSG_RESULT([$OVS_BUILDDIR])
  AC_SUBST([OVS_SRCDIR])
  AC_SUBST([OVS_BUILDDIR])
])

dnl Libraries besides Open vSwitch's.
AC_DEFUN([OVS_EXT_CHECK_LIBRARIES], [
  PKG_CHECK_MODULES([NFTABLES], [libnftables])
  PKG_CHECK_MODULES([LIBXML], [libxml-2.0])
  AC_ARG_WITH([libvirt],
    [AS_HELP_STRING([--without-libvirt], [do not listen to libvirt])])
  have_libvirt=no
  AS_IF([test "x$with_libvirt" != xno],
    [PKG_CHECK_MODULES([LIBVIRT], [libvirt >= 7.0], [have_libvirt=yes],
       [AS_IF([test "x$with_libvirt" = xyes],
          [AC_MSG_ERROR([libvirt was asked for, and there is none])],
          [AC_MSG_WARN([no libvirt: VMs that migrate are not known as such])])
       ])])
  AM_CONDITIONAL([HAVE_LIBVIRT], [test $have_libvirt = yes])
  PKG_CHECK_MODULES([CMOCKA], [cmocka], [have_cmocka=yes], [have_cmocka=no])
  AM_CONDITIONAL([HAVE_CMOCKA], [test $have_cmocka = yes])
])

dnl Where systemd finds units; without the option, none is installed.
AC_DEFUN([OVS_EXT_SYSTEMD], [
  AC_ARG_WITH([systemdsystemunitdir],
    [AS_HELP_STRING([--with-systemdsystemunitdir=DIR],
                    [install a unit for systemd in DIR])])
  AM_CONDITIONAL([HAVE_SYSTEMD],
    [test "x${with_systemdsystemunitdir:-no}" != xno])
  AC_SUBST([SYSTEMDSYSTEMUNITDIR], [$with_systemdsystemunitdir])
])

dnl Open vSwitch's set of warnings, as far as the compiler knows them.
AC_DEFUN([OVS_EXT_WARNINGS], [
  AC_ARG_ENABLE([Werror],
    [AS_HELP_STRING([--enable-Werror], [warnings are errors])])
  WARNING_CFLAGS=
  for flag in -Wall -Wextra -Wno-sign-compare -Wpointer-arith -Wformat \
      -Wformat-security -Wswitch-enum -Wunused-parameter -Wbad-function-cast \
      -Wcast-align -Wstrict-prototypes -Wold-style-definition \
      -Wmissing-prototypes -Wmissing-field-initializers -Wthread-safety \
      -fno-strict-aliasing -Wswitch-bool -Wlogical-not-parentheses \
      -Wsizeof-array-argument -Wbool-compare -Wshift-negative-value \
      -Wduplicated-cond -Wshadow -Wmultistatement-macros \
      -Wcast-align=strict -Wno-override-init; do
    save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror $flag"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
      [WARNING_CFLAGS="$WARNING_CFLAGS $flag"])
    CFLAGS=$save_CFLAGS
  done
  AS_IF([test "x$enable_Werror" = xyes],
    [WARNING_CFLAGS="$WARNING_CFLAGS -Werror"])
  AC_SUBST([WARNING_CFLAGS])
])

AC_DEFUN([OVS_EXT_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers],
                    [address and undefined behaviour sanitizers])])
  SANITIZER_CFLAGS=
  AS_IF([test "x$enable_sanitizers" = xyes],
    [SANITIZER_CFLAGS="-fsanitize=address,undefined \
-fno-sanitize-recover=undefined -fno-omit-frame-pointer"])
  AC_ARG_ENABLE([fuzzing],
    [AS_HELP_STRING([--enable-fuzzing],
                    [let libFuzzer see what code is reached (clang)])])
  AS_IF([test "x$enable_fuzzing" = xyes],
    [SANITIZER_CFLAGS="$SANITIZER_CFLAGS -fsanitize=fuzzer-no-link"])
  AC_SUBST([SANITIZER_CFLAGS])
])
