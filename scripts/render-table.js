const BEGIN = '<!-- runtimes: made by scripts/runtime-table.js -->';
const END = '<!-- end of runtimes -->';
/** In the order of the columns. */
const COLUMNS = {
	threads: 'threads',
	files: 'files',
	memory: 'memory',
	syncCalls: 'sync calls',
	trapsReplaced: 'traps replaced',
	spinsEnded: 'spinning thread ended',
};

/** The README's table of these findings (`Findings` in test/runtimes/runtimes.ts), in Markdown. */
export function renderTable(findings) {
	const lines = findings.map((found) => {
		const answers = Object.keys(COLUMNS).map((name) =>
			typeof found[name] === 'string' ? found[name] : found[name] === true ? 'yes' : found[name] === false ? 'no' : '–',
		);
		return row([`${found.runtime} (${found.version})`, ...answers, `${found.passed} of ${found.cases}`]);
	});
	const names = ['runtime', ...Object.values(COLUMNS), 'behaviour suite'];
	return [row(names), row(names.map(() => '---')), ...lines].join('\n');
}

/** A text with another table between its marks. */
export function replaceTable(text, table) {
	const start = text.indexOf(BEGIN);
	const end = text.indexOf(END);
	if (start < 0 || end < start) throw new Error('the README has no place for the table of runtimes');
	return `${text.slice(0, start)}${BEGIN}\n\n${table}\n\n${text.slice(end)}`;
}

function row(cells) {
	return `| ${cells.join(' | ')} |`;
}
