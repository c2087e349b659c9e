// A test host whose clock is an hour ahead: every directory then counts as one that has not changed for long, so that files stay open
// between calls wherever they can. Right only where the kernel gives each change a time of its own (Linux 6.13 and later).
const now = Date.now;
Date.now = () => now() + 3_600_000;

export function wrapImports(imports) {
	return imports;
}
