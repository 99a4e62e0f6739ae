// Made from the Go types by `make generate`. Do not edit.

export interface AliasMove {
	version: number;
	reason: string;
}

export interface AnswerIn {
	path: string;
	error: string;
}

export interface Damage {
	kind: string;
	file: string;
	message: string;
}

export interface DecisionAnswer {
	reason: string;
}

export interface DesktopAnswer {
	path: string;
	error?: string;
}

export interface DesktopState {
	window: boolean;
}

export interface Event {
	seq: number;
	kind: string;
	id: string;
	time: string;
	data?: unknown;
}

export interface Failure {
	kind: string;
	message: string;
	hint?: string;
}

export interface GateClassScore {
	class: string;
	rows: number;
	answered: number;
	recall: number;
	precision: number;
	f1: number;
}

export interface GateComparison {
	alias?: string;
	version: number;
	metric: string;
	value: number;
	reference: number;
	difference: number;
	interval: GateInterval;
	better: number;
	worse: number;
	segments: GateSegmentPair[];
	other: GateScores;
	text: string;
}

export interface GateInterval {
	low: number;
	high: number;
	confidence: number;
	resamples: number;
}

export interface GatePart {
	name: string;
	rows: number;
	value: number;
	passed: boolean;
	text?: string;
}

export interface GateScores {
	accuracy?: number;
	f1?: number;
	precision?: number;
	recall?: number;
	mae?: number;
	rmse?: number;
	classes?: GateClassScore[];
	confusion?: number[][];
}

export interface GateSegmentPair {
	name: string;
	rows: number;
	value: number;
	reference: number;
	difference: number;
	interval: GateInterval;
}

export interface GateVerdict {
	name: string;
	metric: string;
	over?: string;
	per?: string;
	margin?: number;
	min?: number;
	max?: number;
	confidence?: number;
	passed: boolean;
	value: number;
	reference?: number;
	difference?: number;
	interval?: GateInterval;
	parts?: GatePart[];
	text: string;
}

export interface Grant {
	digest: string;
}

export interface Headline {
	code: string;
	text: string;
	values?: Record<string, unknown>;
}

export interface Health {
	ok: boolean;
	records: number;
	objects: number;
	damaged: Damage[];
	at: string;
	duration_ms: number;
}

export interface Launch {
	url: string;
}

export interface Live {
	model: string;
	alias: string;
	at: string;
	version: number;
	since?: RegistryMove;
}

export interface Loop {
	stages: LoopStage[];
	running: LoopItem[];
	attention: LoopItem[];
}

export interface LoopAnswer {
	approved: boolean;
	reason?: string;
	by?: string;
	at: string;
}

export interface LoopCause {
	text: string;
	monitor?: string;
	windows?: string[];
	columns?: string[];
	labelled?: number;
	snapshot_id?: string;
}

export interface LoopDecision {
	id: string;
	kind: string;
	model: string;
	dataset?: string;
	trigger?: string;
	on: string;
	policy: string;
	cause: LoopCause;
	state: string;
	text: string;
	opened_at: string;
	opened_by?: string;
	answer?: LoopAnswer;
	steps: LoopStep[];
	closed_at?: string;
	snapshot_id?: string;
	execution_id?: string;
	version?: number;
	champion?: number;
}

export interface LoopItem {
	kind: string;
	id: string;
	text: string;
	at?: string;
	link: string;
}

export interface LoopRows {
	path: string;
	base: string;
	result: string;
	added: string;
	captures: string;
	count: number;
	skipped: number;
}

export interface LoopStage {
	name: string;
	state: string;
	headline: Headline;
	count: number;
	at?: string;
	link: string;
	values?: Record<string, unknown>;
}

export interface LoopStep {
	name: string;
	text: string;
	at: string;
	skipped?: boolean;
	rows?: LoopRows;
	snapshot_id?: string;
	execution_id?: string;
	version?: number;
	champion?: number;
	passed?: boolean;
}

export interface LoopTrigger {
	name: string;
	on: string;
	cron?: string;
	dataset?: string;
	monitor?: string;
	windows?: number;
	require: ProjectRequire;
	model?: string;
	policy?: string;
	cooldown?: string;
	per_day?: number;
	state: string;
	text: string;
	next?: string;
	last?: LoopDecision;
}

export interface Nothing {
}

export interface NotifyIn {
	title: string;
	text: string;
}

export interface OpenIn {
	url: string;
}

export interface PickIn {
	kind: string;
	title: string;
}

export interface Project {
	dir: string;
	id: string;
	format: number;
	read_only: string;
	name: string;
	version: string;
	device: string;
	pid: number;
	url: string;
	serving_url: string;
	started_at: string;
	problem: Failure | null;
	trust_needed: boolean;
	repairs: string[];
	notices: string[];
}

export interface ProjectAction {
	kind: string;
	name: string;
	wdir?: string;
	run: string[];
}

export interface ProjectAlertRule {
	windows?: number;
	of?: number;
}

export interface ProjectBound {
	min?: number;
	max?: number;
}

export interface ProjectDataset {
	path: string;
	desc?: string;
	feedback?: ProjectFeedback;
}

export interface ProjectEndpoint {
	model: string;
	alias?: string;
	version?: number;
	capture?: number;
}

export interface ProjectFeedback {
	endpoint: string;
	columns: Record<string, string>;
}

export interface ProjectFile {
	rondo: number;
	name: string;
	datasets?: Record<string, ProjectDataset>;
	stages?: Record<string, ProjectStage>;
	models?: Record<string, ProjectModel>;
	endpoints?: Record<string, ProjectEndpoint>;
	monitors?: Record<string, ProjectMonitor>;
	triggers?: Record<string, ProjectTrigger>;
	queue: ProjectQueue;
}

export interface ProjectGate {
	name: string;
	metric: string;
	over?: string;
	per?: string;
	margin?: number;
	min?: number;
	max?: number;
	confidence?: number;
}

export interface ProjectModel {
	path: string;
	metrics?: string;
	dataset?: string;
	baseline?: string;
	holdout?: string;
	label?: string;
	segment?: string;
	task?: string;
	gates?: ProjectGate[];
	alias?: string;
}

export interface ProjectMonitor {
	endpoint: string;
	window: ProjectWindow;
	alpha?: number;
	drift?: Record<string, number>;
	columns?: string[];
	alert: ProjectAlertRule;
	quality?: Record<string, ProjectBound>;
}

export interface ProjectOut {
	path: string;
	persist?: boolean;
	no_cache?: boolean;
	desc?: string;
	plot?: Record<string, unknown>;
}

export interface ProjectParam {
	file: string;
	keys?: string[];
}

export interface ProjectQuestion {
	needed: boolean;
	digest: string;
	actions: ProjectAction[];
}

export interface ProjectQueue {
	parallel: number;
}

export interface ProjectRequire {
	labelled?: number;
}

export interface ProjectStage {
	cmd: string[];
	wdir?: string;
	desc?: string;
	deps?: string[];
	params?: ProjectParam[];
	outs?: ProjectOut[];
	metrics?: ProjectOut[];
	plots?: ProjectOut[];
	frozen?: boolean;
	always_changed?: boolean;
}

export interface ProjectTrigger {
	on: string;
	cron?: string;
	dataset?: string;
	monitor?: string;
	windows?: number;
	require: ProjectRequire;
	model?: string;
	policy?: string;
	cooldown?: string;
	per_day?: number;
}

export interface ProjectWindow {
	rows?: number;
	every?: string;
	min?: number;
}

export interface RegistryComparison {
	a: RegistryVersion;
	b: RegistryVersion;
	same: boolean;
	params: RegistryDifference[];
	metrics: RegistryDifference[];
	paired?: GateComparison;
	paired_text?: string;
}

export interface RegistryDifference {
	key: string;
	a: unknown;
	b: unknown;
}

export interface RegistryEvidence {
	model: string;
	version: number;
	at: string;
	by?: string;
	decision?: string;
	champion?: number;
	holdout?: string;
	label?: string;
	segment?: string;
	passed: boolean;
	rows: number;
	task: string;
	scores: GateScores;
	majority?: GateScores;
	gates: GateVerdict[];
	comparison?: GateComparison;
}

export interface RegistryModel {
	name: string;
	description?: string;
	tags: Record<string, string>;
	aliases: Record<string, number>;
	versions: number;
	latest: number;
	created_at: string;
	updated_at: string;
}

export interface RegistryMove {
	model: string;
	alias: string;
	from: number;
	to: number;
	at: string;
	by?: string;
	reason?: string;
	decision?: string;
}

export interface RegistryReproduction {
	identical: boolean;
	digest: string;
	run_id: string;
	at?: string;
	text: string;
}

export interface RegistryVersion {
	model: string;
	version: number;
	digest: string;
	flavor: string;
	source: string;
	run_id?: string;
	execution_id?: string;
	snapshot_ids?: string[];
	commit?: string;
	signature?: unknown;
	metrics: Record<string, number>;
	params: Record<string, string>;
	baseline?: string;
	holdout?: string;
	label?: string;
	segment?: string;
	task?: string;
	status: string;
	stage: string;
	description?: string;
	tags: Record<string, string>;
	aliases: string[];
	size: number;
	created_at: string;
	updated_at: string;
	created_by?: string;
	reproduced?: RegistryReproduction;
}

export interface Settings {
	theme: string;
	language: string;
	actor: string;
	sidebar: boolean;
	keep_captures_days: number;
}

export interface SettingsPatch {
	theme?: string;
	language?: string;
	actor?: string;
	sidebar?: boolean;
	keep_captures_days?: number;
}

export interface SourceFile {
	text: string;
	file: ProjectFile | null;
	problem: Failure | null;
}

export interface TriggerFire {
	reason: string;
}

/** What goes in and comes out, by method and path under /api/v1. */
export interface Operations {
	"GET /decisions": {
		path: Record<string, never>;
		query: { limit?: number };
		body: undefined;
		out: LoopDecision[];
	};
	"GET /decisions/{id}": {
		path: { id: string };
		query: Record<string, never>;
		body: undefined;
		out: LoopDecision;
	};
	"POST /decisions/{id}/approve": {
		path: { id: string };
		query: Record<string, never>;
		body: Partial<DecisionAnswer>;
		out: LoopDecision;
	};
	"POST /decisions/{id}/reject": {
		path: { id: string };
		query: Record<string, never>;
		body: Partial<DecisionAnswer>;
		out: LoopDecision;
	};
	"GET /desktop": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: DesktopState;
	};
	"POST /desktop/notify": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<NotifyIn>;
		out: DesktopAnswer;
	};
	"POST /desktop/open": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<OpenIn>;
		out: DesktopAnswer;
	};
	"POST /desktop/pick": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<PickIn>;
		out: DesktopAnswer;
	};
	"POST /desktop/raise": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: DesktopAnswer;
	};
	"POST /desktop/wishes/{id}": {
		path: { id: string };
		query: Record<string, never>;
		body: Partial<AnswerIn>;
		out: Record<string, never>;
	};
	"POST /fsck": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: Health;
	};
	"POST /launch": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: Launch;
	};
	"GET /loop": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: Loop;
	};
	"GET /models": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: RegistryModel[];
	};
	"GET /models/{name}": {
		path: { name: string };
		query: Record<string, never>;
		body: undefined;
		out: RegistryModel;
	};
	"DELETE /models/{name}/aliases/{alias}": {
		path: { name: string; alias: string };
		query: { reason?: string };
		body: undefined;
		out: RegistryMove;
	};
	"PUT /models/{name}/aliases/{alias}": {
		path: { name: string; alias: string };
		query: Record<string, never>;
		body: Partial<AliasMove>;
		out: RegistryMove;
	};
	"POST /models/{name}/aliases/{alias}/rollback": {
		path: { name: string; alias: string };
		query: Record<string, never>;
		body: Partial<AliasMove>;
		out: RegistryMove;
	};
	"GET /models/{name}/compare": {
		path: { name: string };
		query: { a?: number; b?: number };
		body: undefined;
		out: RegistryComparison;
	};
	"GET /models/{name}/history": {
		path: { name: string };
		query: { alias?: string };
		body: undefined;
		out: RegistryMove[];
	};
	"GET /models/{name}/live": {
		path: { name: string };
		query: { alias?: string; at?: string };
		body: undefined;
		out: Live;
	};
	"GET /models/{name}/versions": {
		path: { name: string };
		query: Record<string, never>;
		body: undefined;
		out: RegistryVersion[];
	};
	"GET /models/{name}/versions/{number}": {
		path: { name: string; number: number };
		query: Record<string, never>;
		body: undefined;
		out: RegistryVersion;
	};
	"GET /models/{name}/versions/{number}/evidence": {
		path: { name: string; number: number };
		query: Record<string, never>;
		body: undefined;
		out: RegistryEvidence[];
	};
	"GET /project": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: Project;
	};
	"GET /project/file": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: SourceFile;
	};
	"GET /settings": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: Settings;
	};
	"PATCH /settings": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<SettingsPatch>;
		out: Settings;
	};
	"POST /stop": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: Record<string, never>;
	};
	"GET /triggers": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: LoopTrigger[];
	};
	"POST /triggers/{name}/fire": {
		path: { name: string };
		query: Record<string, never>;
		body: Partial<TriggerFire>;
		out: LoopDecision;
	};
	"GET /trust": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: ProjectQuestion;
	};
	"POST /trust": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<Grant>;
		out: ProjectQuestion;
	};
}
