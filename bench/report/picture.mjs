// The picture of the README: how many times faster than each peer, for the work that people ask about first.
import { describe } from '../lib/machine.mjs';
import { findRow } from './results.mjs';

/** Groups of bars: a result, its name for people, and the sides that are held against Holdfast. */
const GROUPS = [
	[
		'read-64',
		'Read whole 4 KiB files',
		['opendal.read', 'fs.promises.readFile', 'unstorage, fs driver', 'fs.readFile'],
	],
	['pread-64', 'Random 4 KiB of an open file', ['opendal.read of a range', 'FileHandle.read']],
	['stat-64', 'Stat', ['opendal.stat', 'fs.promises.stat']],
	['create-64', 'Create 4 KiB files, atomically', ['opendal.write', 'fs.promises.writeFile']],
	['durable-64', 'Replace 4 KiB files durably', ['fs.promises, the same sequence']],
	['records', 'Append 100-byte records', ['fs.createWriteStream']],
];

const WIDTH = 760;
const LEFT = 24;
const BAR_LEFT = 250;
const BAR_RIGHT = 690;
const BAR_HEIGHT = 14;
const ROW = 22;
const GROUP_GAP = 34;
const TOP = 86;
/** What is more is cut off, and its number says it. */
const MOST = 12;

/** As SVG that follows the reader's light or dark theme. */
export function pictureOf(runs) {
	const shapes = [];
	let y = TOP;
	for (const [result, title, peers] of GROUPS) {
		const own = findRow(runs, result, 'Holdfast');
		const bars = peers
			.map((peer) => [peer, findRow(runs, result, peer)])
			.filter(([, row]) => own !== undefined && row !== undefined)
			.map(([peer, row]) => [peer, own.rate.median / row.rate.median]);
		if (bars.length === 0) continue;
		shapes.push(text(LEFT, y, 'title', title));
		y += ROW;
		for (const [peer, ratio] of bars) {
			shapes.push(bar(y, peer, ratio));
			y += ROW;
		}
		y += GROUP_GAP - ROW;
	}
	const height = y + 40;
	const one = x(1);
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="How many times faster than each peer Holdfast is">
<style>
text { font: 13px system-ui, sans-serif; fill: #68727d }
.head { font-size: 19px; font-weight: 600; fill: #1d2329 }
.title { font-weight: 600; fill: #1d2329 }
.value { font-weight: 600; fill: #0f766e }
.small { font-size: 11px }
.end { text-anchor: end }
.bar { fill: #0f766e }
.one { stroke: #68727d; stroke-dasharray: 3 3 }
.ground { fill: #fbfbfa }
@media (prefers-color-scheme: dark) {
text { fill: #94a0ab }
.head, .title { fill: #e6e9ec }
.value { fill: #2dd4bf }
.bar { fill: #2dd4bf }
.ground { fill: #14181c }
}
</style>
<rect class="ground" width="${WIDTH}" height="${height}" rx="8"/>
${text(LEFT, 36, 'head', 'Holdfast: times as many operations per second as …')}
${text(LEFT, 56, 'small', `64 in flight, warm page cache; dashed: as fast as the peer`)}
<line class="one" x1="${one}" x2="${one}" y1="${TOP - 14}" y2="${y - 20}"/>
${shapes.join('\n')}
${machineLines(runs)
	.map((line, index) => text(LEFT, height - 30 + index * 16, 'small', line))
	.join('\n')}
</svg>
`;
}

/** Where, and with which versions. */
function machineLines(runs) {
	return runs.length > 0 ? describe(runs.at(-1).machine).split('; ') : [];
}

function bar(y, peer, ratio) {
	const end = x(Math.min(ratio, MOST));
	return [
		text(BAR_LEFT - 12, y, 'end', peer),
		`<rect class="bar" x="${BAR_LEFT}" y="${y - 11}" width="${(end - BAR_LEFT).toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>`,
		text(end + 8, y, 'value', `${ratio >= 10 ? Math.round(ratio) : ratio.toFixed(1)}×`),
	].join('');
}

function x(ratio) {
	return BAR_LEFT + (ratio / MOST) * (BAR_RIGHT - BAR_LEFT);
}

function text(left, y, kind, content) {
	const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
	return `<text class="${kind}" x="${left}" y="${y}">${escaped}</text>`;
}
