#!/bin/sh
# The rules of sim/hw/tsan_copies.awk on assembler text, also where gcc does not happen to go there.
# usage: test_copies_awk.sh ROOT
set -eu
awk_file=$1/sim/hw/tsan_copies.awk

T=$(printf '\t')
W8="${T}call${T}__tsan_write8@PLT" R8="${T}call${T}__tsan_read8@PLT"
WR="${T}call${T}__tsan_write_range@PLT" RR="${T}call${T}__tsan_read_range@PLT"
N="${T}movl${T}\$100, %esi"

# calls WHAT WANT: the calls left of the text on stdin
calls() {
	what=$1 want=$2
	got=$(awk -f "$awk_file" | awk '$1 == "call" || $1 == "jmp" { sub(/@PLT/, "", $2); printf "%s ", $2 }')
	[ "$got" = "$want " ] || { echo "FAIL: $what: '$got', not '$want '" >&2; exit 1; }
}

calls 'a copy' '__vs_copy_to __vs_copy_from8' <<EOF
$W8
.LVL3:
	.loc 1 2 3
	movq	%rbx, %rdi
$R8
	movq	(%rbx), %rax
	movq	%rax, (%rbp)
EOF
calls 'a store, then a load' '__tsan_write8 __tsan_read8' <<EOF
$W8
	movq	\$1, (%rbp)
	movq	%rbx, %rdi
$R8
EOF
calls 'a store to a static' '__tsan_write8 __tsan_read8' <<EOF
$W8
	addq	\$1, count(%rip)
$R8
EOF
calls 'a store to a thread-local' '__tsan_write8 __tsan_read8' <<EOF
$W8
	movq	%rax, %fs:count@tpoff
$R8
EOF
calls 'a string store' '__tsan_write_range __tsan_read_range' <<EOF
$N
$WR
	rep stosq
$N
$RR
EOF
calls 'a register saved in between' '__vs_copy_to __vs_copy_from8' <<EOF
	movq	%rbp, %rdi
$W8
	movq	%rax, 8(%rsp)
	cmpq	\$0, 16(%rbx)
$R8
EOF
calls 'a store to a local' '__tsan_write8 __tsan_read8' <<EOF
	leaq	8(%rsp), %rdi
$W8
	movq	%rax, 8(%rsp)
$R8
EOF
calls 'another block' '__tsan_write8 __tsan_read8' <<EOF
$W8
.L4:
$R8
EOF
calls 'a jump' '__tsan_write8 __tsan_read8' <<EOF
$W8
	jne	.L4
$R8
EOF
calls 'another call' '__tsan_write8 f __tsan_read8' <<EOF
$W8
	call	f@PLT
$R8
EOF
calls 'another size' '__tsan_write8 __tsan_read4' <<EOF
$W8
	call	__tsan_read4@PLT
EOF
calls 'volatile' '__vs_copy_to __vs_copy_from8' <<EOF
	call	__tsan_volatile_write8@PLT
	call	__tsan_volatile_read8@PLT
EOF
calls 'one side aligned' '__vs_copy_to __vs_copy_from_range' <<EOF
$W8
	movl	\$8, %esi
$RR
EOF
calls 'ranges of other sizes' '__tsan_write_range __tsan_read_range' <<EOF
$N
$WR
	movl	\$24, %esi
$RR
EOF
calls 'three in a row' '__tsan_write8 __vs_copy_to __vs_copy_from8' <<EOF
$W8
$W8
$R8
EOF
calls 'announced by memcpy' 'memcpy' <<EOF
$N
$WR
$N
$RR
	movl	\$100, %edx
	call	memcpy@PLT
EOF
calls 'announced by a tail call of memset' 'memset' <<EOF
$N
$WR
	movl	\$100, %edx
	jmp	memset@PLT
EOF
calls 'a memcpy of something else' '__vs_copy_to __vs_copy_from_range memcpy' <<EOF
$N
$WR
$N
$RR
	movl	\$99, %edx
	call	memcpy@PLT
EOF
calls 'a memset after the zeroing' '__tsan_write_range memset' <<EOF
$N
$WR
	movups	%xmm0, (%rbx)
	movl	\$100, %edx
	call	memset@PLT
EOF
calls 'a call after the copy' '__vs_copy_to __vs_copy_from_range f memcpy' <<EOF
$N
$WR
$N
$RR
	movl	\$100, %edx
	call	f@PLT
	call	memcpy@PLT
EOF
echo "all fine"
