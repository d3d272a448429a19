# sim/hw/tsan_copies.awk - makes gcc's announcements of structure copies fit to simulate.
#
# Reads and writes assembler text (AT&T syntax) of one file compiled with -fsanitize=thread.
#
# 1. For `*a = *b`, gcc calls __tsan_write*(a), then __tsan_read*(b), and only then moves the
#    bytes. While the line of b is waited for, that of a may be lost. The pair becomes
#    __vs_copy_to(a), __vs_copy_from*(b), which ask for both at once. What tells a copy from a
#    store that happens to be followed by a load: a store is executed between its announcement and
#    the next, a copy is not.
# 2. Copies and zeroings so large that gcc calls memcpy or memset for them are announced by that
#    call, page by page. Announcements that lead up to such a call of the same size are dropped.

function forget() { write = 0; first = 0; second = 0 }

# The size that a callback announces, 0 if not known.
function announced(symbol,   digits)
{
	if (symbol ~ /_range$/)
		return esi
	digits = symbol
	gsub(/[^0-9]/, "", digits)
	return digits + 0
}

function rename(n, from, to) { sub(from "(@PLT)?$", to "@PLT", line[n]) }

function callee(symbol, n,   size, unmarked)
{
	if (symbol ~ /^__tsan_(volatile_)?write([0-9]+|_range)$/) {
		write = n; write_symbol = symbol; write_size = announced(symbol); write_at = rdi
		first = symbol ~ /_range$/ ? n : 0; second = 0; size_of_move = write_size
	} else if (symbol ~ /^__tsan_(volatile_)?read([0-9]+|_range)$/) {
		size = announced(symbol)
		second = symbol ~ /_range$/ ? n : 0
		if (write && size == write_size) {
			unmarked = symbol
			sub(/^__tsan_(volatile_)?read_?/, "", unmarked)
			rename(write, write_symbol, "__vs_copy_to")
			rename(n, symbol, "__vs_copy_from" (unmarked == "range" ? "_range" : unmarked))
		} else {
			first = 0
		}
		size_of_move = size
		write = 0
	} else {
		if (symbol ~ /^mem(cpy|move|set)$/ && (first || second) && size_of_move > 16 &&
		    size_of_move == edx) {
			if (first) line[first] = "\t# announced by " symbol
			if (second) line[second] = "\t# announced by " symbol
		}
		forget()
	}
	esi = edx = 0; rdi = ""
}

# The memory operand that an instruction stores to, or "".
function stored_to(text,   operand)
{
	if (text ~ /^\t(cmp|test|nop|ucomis|comis|prefetch|push|bt[wlq]?\t|i?mul|i?div)/)
		return ""
	if (text ~ /^\t(rep|movs[bwlq]$|stos[bwlq]$)/)
		return "string"
	if (!match(text, /[^ \t,]*(\([^()]*\)|%[fg]s:[^ \t]*)$/))
		return ""
	operand = substr(text, RSTART)
	return operand
}

{ line[NR] = $0 }

/^#APP/ || /^\.L[0-9]+:/ || /^[A-Za-z_]/ { forget(); next }
!/^\t[a-z]/ { next }

/^\t(call|jmp)\t[A-Za-z_]/ {
	symbol = $2
	sub(/@PLT$/, "", symbol)
	callee(symbol, NR)
	next
}
/^\t(call|j[a-z]+|ret|ud2|syscall|int)/ { forget(); esi = edx = 0; rdi = ""; next }

{
	if ($1 == "movl" && $2 ~ /^\$[0-9]+,$/ && ($3 == "%esi" || $3 == "%edx")) {
		value = substr($2, 2) + 0
		if ($3 == "%esi") esi = value; else edx = value
	}
	if ($1 == "leaq" && $3 == "%rdi") { rdi = $2; sub(/,$/, "", rdi) }
	operand = stored_to($0)
	# Other stores to the stack are registers being saved.
	if (operand != "" && (operand !~ /\(%rsp\)$/ || operand == write_at))
		forget()
}

END { for (n = 1; n <= NR; n++) print line[n] }
