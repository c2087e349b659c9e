// Runs in the page: draws every series with uPlot, again when colours or width change.
/* global uPlot, SERIES, document, window, getComputedStyle, matchMedia */

const PLOT_HEIGHT = 320;
/** Half of the label at the right end of an axis, which would be cut off there: that of a million. */
const LAST_LABEL_HALF = 36;
const OWN_DASHES = [[], [6, 4]];
const PEER_COLORS = ['peer-a', 'peer-b', 'peer-c'];

function drawAll() {
	for (const place of document.querySelectorAll('.plot')) {
		place.replaceChildren();
		draw(
			place,
			SERIES.find(({ id }) => id === place.dataset.series),
		);
	}
}

function draw(place, { x, y, lines }) {
	const colors = getComputedStyle(document.documentElement);
	const color = (name) => colors.getPropertyValue(`--${name}`).trim();
	const places = [...new Set(lines.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
	const columns = lines.map(({ points }) => {
		const at = new Map(points);
		return places.map((value) => at.get(value) ?? null);
	});
	let peers = 0;
	let own = 0;
	const series = lines.map(({ name }) => {
		const isOwn = name.startsWith('Holdfast');
		const isCeiling = name.startsWith('C thread');
		return {
			label: name,
			stroke: color(isOwn ? 'own' : isCeiling ? 'ceiling' : PEER_COLORS[peers++ % PEER_COLORS.length]),
			dash: isOwn ? OWN_DASHES[own++ % OWN_DASHES.length] : [],
			width: isOwn ? 3 : 2,
			points: { show: true, size: 7 },
			value: (_, value) => (value === null ? '–' : format(value)),
		};
	});
	const axis = (label) => ({
		label,
		stroke: color('faint'),
		grid: { stroke: color('line'), width: 1 },
		ticks: { stroke: color('line'), width: 1 },
		// uPlot leaves out what would be too much on a logarithmic axis, as null.
		values: (_, values) => values.map((value) => (value === null ? null : format(value))),
	});
	new uPlot(
		{
			width: place.clientWidth,
			height: PLOT_HEIGHT,
			padding: [null, LAST_LABEL_HALF, null, null],
			scales: {
				x: { time: false, ...(x.log ? { distr: 3, log: x.log } : {}) },
				y: y.log ? { distr: 3, log: y.log } : { range: (_, __, most) => [0, most * 1.1] },
			},
			axes: [
				{ ...axis(x.label), splits: () => places, filter: (_, splits) => splits },
				{ ...axis(y.label), size: 70 },
			],
			series: [{ label: x.label, value: (_, value) => (value === null ? '–' : format(value)) }, ...series],
		},
		[places, ...columns],
		place,
	);
}

function format(value) {
	return value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}

drawAll();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
let width = window.innerWidth;
window.addEventListener('resize', () => {
	if (window.innerWidth === width) return;
	width = window.innerWidth;
	drawAll();
});
