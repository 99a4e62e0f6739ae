// Made from the Go types by `make generate`. Do not edit.

export interface AddDataset {
	name?: string;
	path: string;
	desc?: string;
}

export interface AddTaking {
	name?: string;
	path: string;
	desc?: string;
	message?: string;
	commit?: boolean;
}

export interface AlertNote {
	note: string;
}

export interface AliasMove {
	version: number;
	reason: string;
}

export interface AnswerIn {
	path: string;
	error: string;
}

export interface AskSQL {
	query: string;
}

export interface CheckoutSnapshot {
	number?: number;
	force?: boolean;
	paths?: string[];
}

export interface Dataset {
	name: string;
	path: string;
	desc?: string;
	latest?: DatasetSnapshot;
	count: number;
	removal?: DatasetRemoval;
}

export interface DatasetCheckedOut {
	id: string;
	dataset: string;
	number: number;
	path: string;
	single: boolean;
	tree: string;
	content?: string;
	files: number;
	size: number;
	rows?: number;
	message?: string;
	parent?: string;
	profile?: string;
	git?: DatasetGit;
	created_at: string;
	created_by?: string;
	decision?: string;
	origin?: DatasetOrigin;
	fetched?: string[];
	left?: string[];
}

export interface DatasetCollect {
	dry_run?: boolean;
	grace_ns?: number;
	force?: boolean;
}

export interface DatasetCollectRemote {
	remote?: string;
	dry_run?: boolean;
	grace_ns?: number;
}

export interface DatasetCollected {
	objects: number;
	bytes: number;
	waiting: number;
	waiting_bytes: number;
	needed: number;
	removed: number;
	freed: number;
	next?: string;
}

export interface DatasetCollectedRemote {
	remote: FarRemote;
	snapshots: number;
	objects: number;
	bytes: number;
	waiting: number;
	waiting_bytes: number;
	needed: number;
	removed: number;
	freed: number;
	next?: string;
}

export interface DatasetDiff {
	dataset: string;
	from: number;
	to: number;
	files: DatasetFileDiff[];
	tables: DatasetTableDiff[];
	same: number;
	count: number;
}

export interface DatasetExchange {
	remote?: string;
	datasets?: string[];
	own?: boolean;
}

export interface DatasetExchanged {
	remote: FarRemote;
	snapshots: number;
	in_part: number;
	new: number;
	healed: number;
	unread?: DatasetFarProblem[];
	damaged?: DatasetFarProblem[];
	partly: number;
	part?: DatasetSnapshot;
	objects: number;
	bytes: number;
	present: number;
}

export interface DatasetFarProblem {
	file: string;
	objects: string[];
	needs: DatasetNeed[];
	message: string;
	hint: string;
}

export interface DatasetFileDiff {
	path: string;
	change: string;
}

export interface DatasetFilesPage {
	files: StoreTreeFile[];
	offset: number;
	total: number;
}

export interface DatasetGit {
	commit: string;
	branch?: string;
	dirty: boolean;
	diff?: string;
}

export interface DatasetHealed {
	digest: string;
	from: string;
}

export interface DatasetImport {
	from: string;
	snapshot?: string;
	name?: string;
	path?: string;
	max_bytes?: number;
	inside?: boolean;
	force?: boolean;
}

export interface DatasetImported {
	snapshot: DatasetSnapshot;
	new: boolean;
	resumed: number;
}

export interface DatasetKeep {
	last?: number;
	days?: number;
	tagged: boolean;
	used: boolean;
}

export interface DatasetLeftOut {
	files: number;
	folders: number;
	rules: DatasetRule[];
}

export interface DatasetLineage {
	of: string;
	nodes: DatasetLineageNode[];
	edges: DatasetLineageEdge[];
	more?: number;
}

export interface DatasetLineageEdge {
	from: string;
	to: string;
}

export interface DatasetLineageNode {
	id: string;
	kind: string;
	name: string;
	parts?: string[];
	text?: string;
	at?: string;
	cmd?: string[];
	params?: Record<string, string>;
	commit?: string;
	deps?: DatasetLineagePart[];
	outs?: DatasetLineagePart[];
	environment?: Record<string, string>;
	packages?: number;
}

export interface DatasetLineagePart {
	path: string;
	digest: string;
	snapshot?: string;
}

export interface DatasetNeed {
	snapshot: string;
	paths: string[];
	count: number;
}

export interface DatasetOrigin {
	url?: string;
	etag?: string;
	last_modified?: string;
	inside?: boolean;
	project?: string;
	folder?: string;
	dataset?: string;
	snapshot?: string;
	number?: number;
	at: string;
}

export interface DatasetPart {
	remote?: string;
	dataset: string;
	number?: number;
	paths?: string[];
}

export interface DatasetPointed {
	dataset: string;
	path: string;
	number: number;
	files: number;
	size: number;
	hint: string;
}

export interface DatasetProblem {
	path: string;
	file: string;
	message: string;
	hint?: string;
	needs?: DatasetNeed[];
}

export interface DatasetProfile {
	tables: ProfileTable[];
	rows: number;
	opaque: number;
	warnings: string[];
}

export interface DatasetReason {
	number: number;
	why: string;
	size: number;
}

export interface DatasetRemoteStatus {
	dataset: string;
	file?: string;
	here: number;
	there: number;
	in_part: number;
	to_push: number;
	to_fetch: number;
	in_sync: boolean;
	lost: number[];
	text?: string;
}

export interface DatasetRemoval {
	at: string;
	by?: string;
}

export interface DatasetRemoved {
	dataset: string;
	path: string;
	at: string;
	by: string;
	kept: DatasetReason[];
	forgot: DatasetReason[];
}

export interface DatasetRepair {
	from?: string;
}

export interface DatasetRepaired {
	ok: boolean;
	checked: number;
	damaged: number;
	missing: number;
	healed: DatasetHealed[];
	aside: string[];
	left: DatasetProblem[];
	asked: string[];
	unasked: DatasetProblem[];
}

export interface DatasetRetain {
	datasets?: string[];
	dry_run?: boolean;
}

export interface DatasetRetained {
	dataset: string;
	rules: DatasetKeep;
	kept: DatasetReason[];
	forgot: DatasetReason[];
}

export interface DatasetRetype {
	column: string;
	from: string;
	to: string;
}

export interface DatasetRowChange {
	number: number;
	from?: string[];
	to?: string[];
	differs: number[];
}

export interface DatasetRowChanges {
	path: string;
	key: string[];
	change: string;
	columns: string[];
	total: number;
	offset: number;
	rows: DatasetRowChange[];
	faults_from?: TableFaults;
	faults_to?: TableFaults;
}

export interface DatasetRule {
	file: string;
	line: number;
	text: string;
	files: number;
	folders: number;
	such: string[];
}

export interface DatasetSnapshot {
	id: string;
	dataset: string;
	number: number;
	path: string;
	single: boolean;
	tree: string;
	content?: string;
	files: number;
	size: number;
	rows?: number;
	message?: string;
	parent?: string;
	profile?: string;
	git?: DatasetGit;
	created_at: string;
	created_by?: string;
	decision?: string;
	origin?: DatasetOrigin;
	fetched?: string[];
}

export interface DatasetStatus {
	dataset: string;
	path: string;
	state: string;
	text: string;
	snapshot?: number;
	latest?: number;
	added: string[];
	removed: string[];
	changed: string[];
	count: number;
	ignored?: string[];
	ignored_count?: number;
	not_fetched?: number;
	damaged?: string[];
	left_out?: DatasetLeftOut;
}

export interface DatasetTableDiff {
	path: string;
	key: string[];
	added: number;
	removed: number;
	changed: number;
	same: number;
	columns_added: string[];
	columns_removed: string[];
	faults_from?: TableFaults;
	faults_to?: TableFaults;
	types: DatasetRetype[];
	shifts?: ProfileShift[];
	problem?: string;
}

export interface DatasetTag {
	dataset: string;
	name: string;
	snapshot: string;
	number: number;
	at: string;
	by?: string;
}

export interface DatasetUnprotected {
	files: number;
	bytes: number;
}

export interface DatasetUsage {
	stored: number;
	datasets: DatasetUsageOfSet[];
	other: number;
	free: number;
}

export interface DatasetUsageOfSet {
	dataset: string;
	logical: number;
	stored: number;
	shared: number;
	snapshots: DatasetUsageOfSnapshot[];
}

export interface DatasetUsageOfSnapshot {
	number: number;
	logical: number;
	unique: number;
	missing: number;
	not_fetched: number;
}

export interface DatasetUse {
	kind: string;
	id: string;
	name: string;
	at?: string;
}

export interface DatasetVerification {
	snapshot: DatasetSnapshot;
	ok: boolean;
	files: number;
	size: number;
	not_fetched?: number;
	problems: DatasetProblem[];
}

export interface DatasetVerified {
	ok: boolean;
	objects: number;
	resumed: number;
	missing: number;
	problems: DatasetProblem[];
}

export interface DatasetVerifiedRemote {
	remote: FarRemote;
	ok: boolean;
	objects: number;
	resumed: number;
	snapshots: number;
	problems: DatasetFarProblem[];
	spare: DatasetFarProblem[];
}

export interface DatasetVerifyAll {
	sample?: number;
}

export interface DatasetVerifyRemote {
	remote?: string;
	sample?: number;
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

export interface DvcArtifact {
	name: string;
	file: string;
	path: string;
	type?: string;
	desc?: string;
	labels?: string[];
	meta?: Record<string, unknown>;
	versions: DvcArtifactTag[];
	stages: DvcArtifactTag[];
}

export interface DvcArtifactTag {
	is: string;
	tag: string;
	commit: string;
	at?: string;
	version?: string;
}

export interface DvcItem {
	path: string;
	by: string;
	stage: boolean;
	stage_name: string;
	kind: string;
	folder: boolean;
	hash?: string;
	md5?: string;
	size?: number;
	files?: number;
	no_cache: boolean;
	remote?: string;
	cloud?: string;
	desc?: string;
	type?: string;
	labels?: string[];
	origin?: DvcOrigin;
}

export interface DvcItemDetail {
	path: string;
	by: string;
	stage: boolean;
	stage_name: string;
	kind: string;
	folder: boolean;
	hash?: string;
	md5?: string;
	size?: number;
	files?: number;
	no_cache: boolean;
	remote?: string;
	cloud?: string;
	desc?: string;
	type?: string;
	labels?: string[];
	origin?: DvcOrigin;
	status: DvcItemStatus;
	listed: DvcItemFile[];
	more: number;
	text: string;
}

export interface DvcItemFile {
	path: string;
	md5?: string;
	size?: number;
	state: string;
	cached: boolean;
}

export interface DvcItemStatus {
	path: string;
	state: string;
	cache: string;
	lacks: number;
	problem?: string;
}

export interface DvcOrigin {
	kind: string;
	url?: string;
	path?: string;
	rev?: string;
	commit?: string;
	etag?: string;
	query?: string;
	frozen: boolean;
}

export interface DvcOverview {
	found: boolean;
	items: DvcItem[];
	artifacts: DvcArtifact[];
	problems: string[];
}

export interface DvcRevision {
	name: string;
	kind: string;
	commit?: string;
	at?: string;
	text?: string;
}

export interface EndpointRows {
	id: string;
	rows: (Record<string, unknown>)[];
	attributes: Record<string, unknown>;
}

export interface EndpointTarget {
	model: string;
	alias: string;
	version: number;
}

export interface EndpointTruth {
	rows: ServeTruth[];
}

export interface Event {
	seq: number;
	kind: string;
	id: string;
	time: string;
	data?: unknown;
}

export interface ExperimentChange {
	name: string;
}

export interface ExportMLflow {
	folder: string;
}

export interface Failure {
	kind: string;
	message: string;
	hint?: string;
}

export interface FarRemote {
	name: string;
	address: string;
}

export interface FetchSnapshots {
	remote?: string;
	datasets?: string[];
	own?: boolean;
	part?: DatasetPart;
}

export interface FiguresRow {
	file: string;
	key: string;
	values: unknown[];
	differs: boolean;
}

export interface FiguresTable {
	revisions: string[];
	metrics: FiguresRow[];
	params: FiguresRow[];
	problems: string[];
}

export interface FileChange {
	text: string;
	was: string;
}

export interface FsckProblem {
	kind: string;
	file: string;
	offset?: number;
	length?: number;
	what: string;
	hint?: string;
}

export interface FsckReport {
	ok: boolean;
	records: number;
	objects: number;
	references: number;
	files: number;
	unsealed: number;
	pointers: number;
	not_fetched: number;
	index: boolean;
	problems: FsckProblem[];
	count: number;
	at: string;
	duration_ms: number;
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

export interface GpuDevice {
	name: string;
	memory_bytes: number;
	driver?: string;
}

export interface GpuUse {
	index: number;
	name: string;
	percent: number;
	mem_bytes: number;
	mem_total_bytes: number;
	celsius: number;
	power_w: number;
}

export interface Grant {
	digest: string;
}

export interface Headline {
	code: string;
	text: string;
	values?: Record<string, unknown>;
}

export interface HistoryAccount {
	commits: number;
	experiments: number;
	runs: number;
	points: number;
	files: number;
	snapshots: number;
	tags: number;
	there: number;
	left: string[];
}

export interface HostFacts {
	name?: string;
	os: string;
	platform?: string;
	kernel?: string;
	arch: string;
	cpu?: string;
	cores: number;
	threads: number;
	memory_bytes: number;
	swap_bytes: number;
	disk_bytes: number;
	gpus: GpuDevice[];
	python?: string;
	go: string;
}

export interface HostHint {
	kind: string;
	level: string;
	text: string;
	run_id?: string;
}

export interface HostSample {
	time: number;
	cpu_percent: number;
	load: number;
	mem_bytes: number;
	mem_avail_bytes: number;
	swap_bytes: number;
	disk_used_bytes: number;
	disk_free_bytes: number;
	gpus?: GpuUse[];
}

export interface HostState {
	name?: string;
	os: string;
	platform?: string;
	kernel?: string;
	arch: string;
	cpu?: string;
	cores: number;
	threads: number;
	memory_bytes: number;
	swap_bytes: number;
	disk_bytes: number;
	gpus: GpuDevice[];
	python?: string;
	go: string;
	disk_free_bytes: number;
	now: HostSample;
	hints: HostHint[];
}

export interface ImportMLflow {
	source: string;
	artifacts?: string[];
	env?: Record<string, string>;
}

export interface Launch {
	url: string;
}

export interface LaunchCode {
	commit?: string;
	branch?: string;
	remote?: string;
	message?: string;
	dirty: boolean;
	diff?: string;
	changed?: string[];
	untracked?: string[];
	skipped?: string[];
	object?: string;
	problem?: string;
}

export interface LaunchEnvironment {
	command: string[];
	dir: string;
	host: HostFacts;
	python?: LaunchPython;
	variables: Record<string, string>;
	recorded_at: string;
}

export interface LaunchPackage {
	name: string;
	version: string;
}

export interface LaunchPython {
	executable: string;
	version?: string;
	packages: LaunchPackage[];
}

export interface LaunchQueue {
	parallel: number;
	running: Run[];
	waiting: Run[];
}

export interface LaunchRequest {
	id?: string;
	name?: string;
	experiment?: string;
	command: string[];
	dir?: string;
	kind?: string;
	parent_id?: string;
	params?: Record<string, string>;
	tags?: Record<string, string>;
	env?: Record<string, string>;
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
	lacking?: string[];
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

export interface MetricPoint {
	value: number | "NaN" | "Infinity" | "-Infinity";
	step: number;
	time: number;
}

export interface MetricSeries {
	metrics: Record<string, MetricPoint[]>;
	damage: string[];
}

export interface MlflowAccount {
	source: string;
	lacks: string[];
	stays: string[];
	counts: MlflowCount[];
	points: number;
	files: number;
	bytes: number;
	left: MlflowLeft[];
	notes: string[];
	began: string;
	seconds: number;
}

export interface MlflowCount {
	kind: string;
	new: number;
	changed: number;
	same: number;
	left: number;
}

export interface MlflowExported {
	folder: string;
	uri: string;
	artifacts: string;
	counts: MlflowCount[];
	points: number;
	files: number;
	bytes: number;
	notes: string[];
	seconds: number;
}

export interface MlflowLeft {
	kind: string;
	why: string;
	count: number;
	names: string[];
}

export interface Monitor {
	name: string;
	endpoint: string;
	rows?: number;
	every?: number;
	alpha: number;
	drift: Record<string, number>;
	columns?: string[];
	alert: MonitorAlertRule;
	quality?: Record<string, MonitorBound>;
	min_rows?: number;
	live?: MonitorVersionRef;
	status: string;
	verdict: MonitorVerdict;
	last?: MonitorWindow;
	quality_now?: MonitorQuality;
	pending: number;
	open_alerts: number;
	windows: number;
}

export interface MonitorAlert {
	id: string;
	monitor: string;
	endpoint: string;
	model: string;
	version: number;
	kind: string;
	status: string;
	windows: string[];
	number: number;
	columns?: string[];
	verdict: MonitorVerdict;
	opened_at: string;
	history: MonitorAlertEvent[];
}

export interface MonitorAlertEvent {
	at: string;
	by: string;
	action: string;
	note?: string;
}

export interface MonitorAlertRule {
	windows: number;
	of: number;
}

export interface MonitorBound {
	min?: number;
	max?: number;
}

export interface MonitorBreach {
	metric: string;
	value: number;
	bound: number;
	below: boolean;
	reason: string;
}

export interface MonitorBrief {
	name: string;
	role: string;
	measure: string;
	effect: number;
	threshold: number;
	p_adjusted: number;
	drifted: boolean;
}

export interface MonitorCheck {
	code: string;
	baseline: number;
	window: number;
	threshold: number;
	p_adjusted: number;
	failed: boolean;
	reason: string;
}

export interface MonitorClassQuality {
	class: string;
	support: number;
	predicted: number;
	precision: number;
	recall: number;
	f1: number;
}

export interface MonitorColumn {
	name: string;
	parent?: string;
	role: string;
	kind: string;
	test: string;
	method: string;
	statistic: number;
	p: number;
	p_adjusted: number;
	effects: MonitorEffect[];
	drifted: boolean;
	direction?: string;
	verdict: MonitorVerdict;
	checks?: MonitorCheck[];
	baseline: MonitorSummary;
	window: MonitorSummary;
	histogram: MonitorHistogram;
	new_values?: string[];
}

export interface MonitorConfig {
	name: string;
	endpoint: string;
	rows?: number;
	every?: number;
	alpha: number;
	drift: Record<string, number>;
	columns?: string[];
	alert: MonitorAlertRule;
	quality?: Record<string, MonitorBound>;
	min_rows?: number;
}

export interface MonitorEffect {
	measure: string;
	value: number;
	threshold?: number;
	reached: boolean;
	reason?: string;
}

export interface MonitorEvaluation {
	monitor: string;
	windows: MonitorWindow[];
	quality: MonitorQuality[];
	alerts: MonitorAlert[];
	pending: number;
}

export interface MonitorHistogram {
	edges?: number[];
	labels?: string[];
	baseline: number[];
	window: number[];
}

export interface MonitorQuality {
	monitor: string;
	window_id: string;
	model: string;
	version: number;
	revision: number;
	from: string;
	to: string;
	rows: number;
	labelled: number;
	coverage: number;
	task: string;
	metrics: Record<string, number>;
	classes?: MonitorClassQuality[];
	breaches?: MonitorBreach[];
	status: string;
	verdict: MonitorVerdict;
	at: string;
}

export interface MonitorSummary {
	rows: number;
	missing: number;
	distinct: number;
	mean?: number;
	std?: number;
	min?: number;
	p25?: number;
	median?: number;
	p75?: number;
	max?: number;
}

export interface MonitorVerdict {
	code: string;
	text: string;
	values?: Record<string, unknown>;
}

export interface MonitorVersionRef {
	model: string;
	version: number;
}

export interface MonitorWindow {
	id: string;
	monitor: string;
	endpoint: string;
	model: string;
	version: number;
	number: number;
	first_capture: string;
	last_capture: string;
	after: string;
	until: string;
	from: string;
	to: string;
	rows: number;
	failed: number;
	baseline_digest?: string;
	baseline_rows: number;
	rule: MonitorConfig;
	status: string;
	needed?: number;
	verdict: MonitorVerdict;
	task: string;
	drift_share: number;
	drifted: string[];
	faults: string[];
	columns: MonitorColumn[];
	brief: MonitorBrief[];
	details?: string;
	at: string;
	quality?: MonitorQuality;
}

export interface NewEndpoint {
	name: string;
	model: string;
	alias: string;
	version: number;
	capture: number | null;
}

export interface NewExperiment {
	name: string;
	tags: Record<string, string>;
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

export interface PastExperimentRow {
	name: string;
	commit: string;
	baseline: string;
	at: string;
	params: Record<string, string>;
	metrics: Record<string, number | "NaN" | "Infinity" | "-Infinity">;
	problem?: string;
}

export interface PickIn {
	kind: string;
	title: string;
}

export interface PipelineArtifact {
	path: string;
	digest: string;
	size: number;
	tree?: boolean;
	exec?: boolean;
}

export interface PipelineCheck {
	kind: string;
	what: string;
	expected: string;
	found: string;
	same: boolean;
}

export interface PipelineCode {
	commit?: string;
	branch?: string;
	tree?: string;
}

export interface PipelineEdge {
	from: string;
	to: string;
}

export interface PipelineExecution {
	id: string;
	run_id: string;
	name: string;
	request: PipelineRequest;
	state: string;
	reason?: string;
	stages: PipelineStageResult[];
	outs: Record<string, PipelineArtifact>;
	snapshot_ids: string[];
	params: Record<string, string>;
	metrics: Record<string, number>;
	code: PipelineCode;
	environment: Record<string, string>;
	started_at: string;
	started_by?: string;
	ended_at?: string;
	device?: string;
	spec: PipelineSpec;
	experiment?: PipelineExperiment;
}

export interface PipelineExperiment {
	name?: string;
	message?: string;
	set?: string[];
	baseline?: string;
	commit?: string;
}

export interface PipelineRepeat {
	run_id: string;
	keep?: boolean;
	env?: Record<string, string>;
}

export interface PipelineReproduction {
	id: string;
	run_id: string;
	verdict: string;
	checks: PipelineCheck[];
	text: string;
	at: string;
	by?: string;
	ended_at?: string;
	device?: string;
	keep?: boolean;
	folder?: string;
}

export interface PipelineRequest {
	id?: string;
	name?: string;
	stages?: string[];
	extent?: string;
	params?: Record<string, string>;
	force?: boolean;
	env?: Record<string, string>;
	experiment?: PipelineExperiment;
}

export interface PipelineSpec {
	stages: Record<string, ProjectStage>;
	triggers?: Record<string, ProjectTrigger>;
	models?: Record<string, string>;
	parallel: number;
}

export interface PipelineStageResult {
	name: string;
	state: string;
	reasons: string[];
	cmd?: string[];
	code: number;
	error?: string;
	started_at?: string;
	ended_at?: string;
	deps: PipelineArtifact[];
	params: Record<string, string>;
	outs: PipelineArtifact[];
	environment?: Record<string, string>;
}

export interface PipelineStageStatus {
	name: string;
	desc?: string;
	cmd: string[];
	deps: string[];
	outs: string[];
	metrics: string[];
	plots: string[];
	params: ProjectParam[];
	upstream: string[];
	from?: string;
	state: string;
	reasons: string[];
}

export interface PipelineView {
	stages: PipelineStageStatus[];
	edges: PipelineEdge[];
	problem?: string;
	blocked?: string;
}

export interface PlotsChart {
	name: string;
	title: string;
	kind: string;
	template?: string;
	x_label?: string;
	y_label?: string;
	words?: string[];
	lines?: PlotsLine[];
	matrices?: PlotsMatrix[];
	pictures?: PlotsShot[];
	notes?: string[];
}

export interface PlotsCharts {
	revisions: string[];
	charts: PlotsChart[];
	problems: PlotsProblem[];
}

export interface PlotsLine {
	rev: string;
	name?: string;
	x: number[];
	y: number[];
}

export interface PlotsMatrix {
	rev: string;
	name?: string;
	columns: string[];
	rows: string[];
	counts: number[][];
}

export interface PlotsProblem {
	name?: string;
	rev: string;
	source?: string;
	msg: string;
	hint?: string;
}

export interface PlotsShot {
	rev: string;
	url: string;
}

export interface Predicted {
	id: string;
	model: string;
	version: number;
	latency_us: number;
	predictions: ServePrediction[];
}

export interface ProcExit {
	code: number;
	signal?: string;
	stopped?: boolean;
	stopped_by?: string;
	last_step?: string;
	stragglers?: number;
	error?: string;
	lost?: boolean;
	started_at: string;
	ended_at: string;
	user_ms: number;
	system_ms: number;
	max_rss_bytes: number;
}

export interface ProcSample {
	time: number;
	cpu_percent: number;
	rss_bytes: number;
	processes: number;
	read_bytes_per_s: number;
	write_bytes_per_s: number;
	host_cpu_percent: number;
	host_mem_bytes: number;
	gpus?: GpuUse[];
}

export interface ProfileAssociation {
	method: string;
	columns: string[];
	values: ((number | null)[])[];
	rows: number;
	sampled?: boolean;
	left?: number;
}

export interface ProfileBins {
	edges?: number[];
	labels?: string[];
	from: number[];
	to: number[];
}

export interface ProfileCategory {
	value: string;
	count: number;
}

export interface ProfileColumn {
	name: string;
	type: string;
	declared?: string;
	rows: number;
	missing: number;
	distinct: number;
	distinct_more?: boolean;
	unique?: boolean;
	repeated?: boolean;
	min?: number | string;
	max?: number | string;
	mean?: number;
	std?: number;
	quantiles?: Record<string, number>;
	categories?: ProfileCategory[];
	histogram?: ProfileHistogram;
	shortest?: number;
	longest?: number;
	approximate?: boolean;
}

export interface ProfileHistogram {
	edges: number[];
	counts: number[];
}

export interface ProfileShift {
	column: string;
	type: string;
	test: string;
	statistic: number;
	p: number;
	p_adjusted: number;
	significant: boolean;
	psi: number;
	distance: number;
	effect: string;
	missing_from: number;
	missing_to: number;
	mean_from?: number;
	mean_to?: number;
	approximate?: boolean;
	bins: ProfileBins;
}

export interface ProfileTable {
	path: string;
	rows: number;
	columns: ProfileColumn[];
	problem?: string;
	faults?: TableFaults;
	notes?: string[];
	form?: number;
	header?: string;
	associations: ProfileAssociation[];
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
	outside?: string[];
}

export interface ProjectAlertRule {
	windows?: number;
	of?: number;
}

export interface ProjectBound {
	min?: number;
	max?: number;
}

export interface ProjectData {
	link?: string;
}

export interface ProjectDataset {
	path: string;
	desc?: string;
	feedback?: ProjectFeedback;
	keep?: ProjectKeep;
	header?: boolean;
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
	data?: ProjectData;
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

export interface ProjectKeep {
	last?: number;
	days?: number;
	tagged?: boolean;
	used?: boolean;
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
	from?: string;
	order?: number;
	outside_deps?: string[];
	outside_outs?: string[];
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

export interface PullSnapshot {
	remote?: string;
	dataset: string;
	number?: number;
	paths?: string[];
	force?: boolean;
}

export interface Pulled {
	snapshot: DatasetCheckedOut;
	exchanged: DatasetExchanged;
}

export interface QueryAnswer {
	tables: string[];
	columns: string[];
	rows: unknown[][];
	more: boolean;
	ms: number;
	faults?: QueryFaulty[];
}

export interface QueryFaulty {
	table: string;
	lines: number;
	first: TableFault[];
}

export interface QueryRows {
	file: string;
	columns: string[];
	rows: string[][];
	offset: number;
	total: number;
	faults?: TableFaults;
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
	signature?: RuntimeSignature;
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
	empty?: boolean;
	created_at: string;
	updated_at: string;
	created_by?: string;
	reproduced?: RegistryReproduction;
}

export interface Run {
	id: string;
	experiment_id: string;
	name: string;
	user?: string;
	kind: string;
	status: string;
	lifecycle: string;
	parent_id?: string;
	device?: string;
	started_at?: string;
	ended_at?: string;
	deleted_at?: string;
	params: Record<string, string>;
	metrics: Record<string, RunMetric>;
	tags: Record<string, string>;
	inputs?: RunInput[];
	model_inputs?: string[];
	model_outputs?: RunModelOutput[];
	exit?: ProcExit;
	reason?: string;
}

export interface RunChange {
	name: string | null;
	tags: Record<string, string | null>;
}

export interface RunCode {
	argv: string[];
	cwd?: string;
	git: LaunchCode;
	diff: string;
}

export interface RunComparison {
	runs: Run[];
	rows: RunComparisonRow[];
}

export interface RunComparisonRow {
	group: string;
	key: string;
	values: (string | null)[];
	same: boolean;
}

export interface RunDataset {
	name?: string;
	digest?: string;
}

export interface RunExperiment {
	id: string;
	name: string;
	lifecycle: string;
	location?: string;
	tags: Record<string, string>;
	created_at: string;
	updated_at: string;
	runs: number;
}

export interface RunFile {
	path: string;
	dir: boolean;
	size: number;
	mtime: string;
}

export interface RunInput {
	name?: string;
	digest?: string;
	source_type?: string;
	source?: string;
	schema?: string;
	profile?: string;
	tags?: Record<string, string>;
	snapshot_id?: string;
}

export interface RunLog {
	stream: string;
	offset: number;
	next: number;
	size: number;
	text: string;
	end: boolean;
}

export interface RunMetric {
	key: string;
	value: number | "NaN" | "Infinity" | "-Infinity";
	step: number;
	time: number;
	min: number | "NaN" | "Infinity" | "-Infinity";
	max: number | "NaN" | "Infinity" | "-Infinity";
	count?: number;
	model_id?: string;
	run_id?: string;
	dataset?: RunDataset;
}

export interface RunModelOutput {
	model_id: string;
	step: number;
}

export interface RunPage {
	runs: Run[];
	next?: string;
	total: number;
}

export interface RunSealed {
	files: number;
	damaged: string[];
}

export interface RuntimeColumn {
	name: string;
	type: string;
	required: boolean;
	shape?: number[];
}

export interface RuntimeSignature {
	inputs: RuntimeColumn[];
	outputs: RuntimeColumn[];
}

export interface SealQuery {
	owners: string[];
	accept: boolean;
}

export interface ServeBucket {
	le_us: number;
	count: number;
}

export interface ServeCapture {
	id: string;
	request_id: string;
	endpoint: string;
	model: string;
	version: number;
	time: string;
	inputs: Record<string, unknown>;
	outputs?: Record<string, unknown>;
	prediction?: unknown;
	score?: number;
	attributes?: Record<string, unknown>;
	latency_us: number;
	status: string;
	truth?: ServeTruth;
	cursor: string;
}

export interface ServeDeployment {
	state: string;
	model?: string;
	version?: number;
	digest?: string;
	flavor?: string;
	since?: string;
	reason?: string;
}

export interface ServeEndpoint {
	name: string;
	model: string;
	alias?: string;
	version?: number;
	capture: number;
	source: string;
	created_at?: string;
	created_by?: string;
	deployment: ServeDeployment;
	signature?: RuntimeSignature;
	example?: Record<string, unknown>;
	stats: ServeStats;
}

export interface ServePoint {
	at: string;
	requests: number;
	errors: number;
	mean_us: number;
}

export interface ServePrediction {
	label: unknown;
	score?: number;
	outputs: Record<string, unknown>;
}

export interface ServeStats {
	requests: number;
	rows: number;
	errors: number;
	refused: number;
	captured: number;
	dropped: number;
	in_flight: number;
	p50_us: number;
	p90_us: number;
	p99_us: number;
	histogram: ServeBucket[];
	versions: Record<string, number>;
	took_us: number;
	traffic: ServePoint[];
}

export interface ServeTold {
	matched: number;
	unknown: string[];
}

export interface ServeTruth {
	id: string;
	label: unknown;
	columns?: Record<string, unknown>;
	at?: string;
	by?: string;
}

export interface SetTag {
	tag: string;
	number?: number;
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

export interface SnapshotDetail {
	id: string;
	dataset: string;
	number: number;
	path: string;
	single: boolean;
	tree: string;
	content?: string;
	files: number;
	size: number;
	rows?: number;
	message?: string;
	parent?: string;
	profile?: string;
	git?: DatasetGit;
	created_at: string;
	created_by?: string;
	decision?: string;
	origin?: DatasetOrigin;
	fetched?: string[];
	used_by: DatasetUse[];
}

export interface Snippet {
	name: string;
	language: string;
	code: string;
}

export interface SourceFile {
	text: string;
	file: ProjectFile | null;
	problem: Failure | null;
}

export interface Span {
	id: string;
	parent_id?: string;
	name: string;
	type: string;
	offset_ns: number;
	duration_ns?: number;
	inputs?: unknown;
	outputs?: unknown;
	attributes?: Record<string, unknown>;
	events?: SpanEvent[];
	failed: boolean;
	message?: string;
}

export interface SpanEvent {
	name: string;
	offset_ns: number;
	attributes?: Record<string, unknown>;
}

export interface StoreTreeFile {
	path: string;
	digest: string;
	size: number;
	exec?: boolean;
}

export interface TableFault {
	line: number;
	to?: number;
	why: string;
}

export interface TableFaults {
	lines: number;
	first: TableFault[];
}

export interface TakeSnapshot {
	message?: string;
	commit?: boolean;
	force?: boolean;
	without?: string[];
}

export interface Trace {
	id: string;
	experiment_id: string;
	client_id?: string;
	time: number;
	duration?: number;
	state: string;
	request?: string;
	response?: string;
	metadata?: Record<string, string>;
	tags?: Record<string, string>;
	assessments?: TraceAssessment[];
}

export interface TraceAssessment {
	id: string;
	trace_id: string;
	span_id?: string;
	name: string;
	kind: string;
	source: TraceSource;
	value?: unknown;
	error?: unknown;
	rationale?: string;
	metadata?: Record<string, string>;
	overrides?: string;
	valid: boolean;
	created: number;
	updated: number;
}

export interface TraceDetail {
	trace: Trace;
	spans: Span[];
	complete: boolean;
}

export interface TracePage {
	traces: Trace[];
	next?: string;
}

export interface TraceSource {
	type: string;
	id: string;
}

export interface TriggerFire {
	reason: string;
}

export interface UpdateData {
	max_bytes?: number;
	inside?: boolean;
	force?: boolean;
}

export interface VerifySnapshot {
	number?: number;
}

/** What goes in and comes out, by method and path under /api/v1. */
export interface Operations {
	"GET /alerts": {
		path: Record<string, never>;
		query: { monitor?: string; status?: string; limit?: number };
		body: undefined;
		out: MonitorAlert[];
	};
	"POST /alerts/{id}/acknowledge": {
		path: { id: string };
		query: Record<string, never>;
		body: Partial<AlertNote>;
		out: MonitorAlert;
	};
	"POST /alerts/{id}/resolve": {
		path: { id: string };
		query: Record<string, never>;
		body: Partial<AlertNote>;
		out: MonitorAlert;
	};
	"GET /datasets": {
		path: Record<string, never>;
		query: { removed?: boolean };
		body: undefined;
		out: Dataset[];
	};
	"POST /datasets": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<AddDataset>;
		out: Dataset;
	};
	"POST /datasets/add": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<AddTaking>;
		out: DatasetSnapshot;
	};
	"POST /datasets/import": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<DatasetImport>;
		out: DatasetImported;
	};
	"DELETE /datasets/{name}": {
		path: { name: string };
		query: Record<string, never>;
		body: undefined;
		out: DatasetRemoved;
	};
	"GET /datasets/{name}": {
		path: { name: string };
		query: Record<string, never>;
		body: undefined;
		out: Dataset;
	};
	"POST /datasets/{name}/checkout": {
		path: { name: string };
		query: Record<string, never>;
		body: Partial<CheckoutSnapshot>;
		out: DatasetCheckedOut;
	};
	"GET /datasets/{name}/diff": {
		path: { name: string };
		query: { from?: number; to?: number; key?: string | string[] };
		body: undefined;
		out: DatasetDiff;
	};
	"GET /datasets/{name}/diff/rows": {
		path: { name: string };
		query: { from?: number; to?: number; key?: string | string[]; path?: string; change?: string; offset?: number; limit?: number };
		body: undefined;
		out: DatasetRowChanges;
	};
	"POST /datasets/{name}/restore": {
		path: { name: string };
		query: Record<string, never>;
		body: undefined;
		out: DatasetRemoved;
	};
	"GET /datasets/{name}/snapshots": {
		path: { name: string };
		query: Record<string, never>;
		body: undefined;
		out: DatasetSnapshot[];
	};
	"POST /datasets/{name}/snapshots": {
		path: { name: string };
		query: Record<string, never>;
		body: Partial<TakeSnapshot>;
		out: DatasetSnapshot;
	};
	"GET /datasets/{name}/snapshots/{number}": {
		path: { name: string; number: number };
		query: Record<string, never>;
		body: undefined;
		out: SnapshotDetail;
	};
	"GET /datasets/{name}/snapshots/{number}/files": {
		path: { name: string; number: number };
		query: Record<string, never>;
		body: undefined;
		out: StoreTreeFile[];
	};
	"GET /datasets/{name}/snapshots/{number}/files/page": {
		path: { name: string; number: number };
		query: { find?: string; offset?: number; limit?: number };
		body: undefined;
		out: DatasetFilesPage;
	};
	"GET /datasets/{name}/snapshots/{number}/lineage": {
		path: { name: string; number: number };
		query: Record<string, never>;
		body: undefined;
		out: DatasetLineage;
	};
	"GET /datasets/{name}/snapshots/{number}/profile": {
		path: { name: string; number: number };
		query: Record<string, never>;
		body: undefined;
		out: DatasetProfile;
	};
	"GET /datasets/{name}/snapshots/{number}/rows": {
		path: { name: string; number: number };
		query: { file?: string; offset?: number; limit?: number };
		body: undefined;
		out: QueryRows;
	};
	"POST /datasets/{name}/snapshots/{number}/sql": {
		path: { name: string; number: number };
		query: Record<string, never>;
		body: Partial<AskSQL>;
		out: QueryAnswer;
	};
	"GET /datasets/{name}/status": {
		path: { name: string };
		query: { left_out?: boolean };
		body: undefined;
		out: DatasetStatus;
	};
	"GET /datasets/{name}/tags": {
		path: { name: string };
		query: Record<string, never>;
		body: undefined;
		out: DatasetTag[];
	};
	"POST /datasets/{name}/tags": {
		path: { name: string };
		query: Record<string, never>;
		body: Partial<SetTag>;
		out: DatasetTag;
	};
	"DELETE /datasets/{name}/tags/{tag}": {
		path: { name: string; tag: string };
		query: Record<string, never>;
		body: undefined;
		out: Record<string, never>;
	};
	"GET /datasets/{name}/tags/{tag}": {
		path: { name: string; tag: string };
		query: Record<string, never>;
		body: undefined;
		out: DatasetTag[];
	};
	"POST /datasets/{name}/unprotect": {
		path: { name: string };
		query: Record<string, never>;
		body: undefined;
		out: DatasetUnprotected;
	};
	"POST /datasets/{name}/update": {
		path: { name: string };
		query: Record<string, never>;
		body: Partial<UpdateData>;
		out: DatasetImported;
	};
	"POST /datasets/{name}/verify": {
		path: { name: string };
		query: Record<string, never>;
		body: Partial<VerifySnapshot>;
		out: DatasetVerification;
	};
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
	"GET /dvc/data": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: DvcOverview;
	};
	"GET /dvc/data/item": {
		path: Record<string, never>;
		query: { path?: string };
		body: undefined;
		out: DvcItemDetail;
	};
	"GET /dvc/data/status": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: DvcItemStatus[];
	};
	"GET /dvc/experiments": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: PastExperimentRow[];
	};
	"GET /dvc/figures": {
		path: Record<string, never>;
		query: { rev?: string | string[] };
		body: undefined;
		out: FiguresTable;
	};
	"GET /dvc/plots": {
		path: Record<string, never>;
		query: { rev?: string | string[] };
		body: undefined;
		out: PlotsCharts;
	};
	"GET /dvc/revisions": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: DvcRevision[];
	};
	"GET /endpoints": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: ServeEndpoint[];
	};
	"POST /endpoints": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<NewEndpoint>;
		out: ServeEndpoint;
	};
	"DELETE /endpoints/{name}": {
		path: { name: string };
		query: Record<string, never>;
		body: undefined;
		out: Record<string, never>;
	};
	"GET /endpoints/{name}": {
		path: { name: string };
		query: Record<string, never>;
		body: undefined;
		out: ServeEndpoint;
	};
	"GET /endpoints/{name}/captures": {
		path: { name: string };
		query: { after?: string; limit?: number; from?: string; to?: string; version?: number; labelled?: boolean; newest?: boolean };
		body: undefined;
		out: ServeCapture[];
	};
	"POST /endpoints/{name}/deploy": {
		path: { name: string };
		query: Record<string, never>;
		body: Partial<EndpointTarget>;
		out: ServeEndpoint;
	};
	"POST /endpoints/{name}/predict": {
		path: { name: string };
		query: Record<string, never>;
		body: Partial<EndpointRows>;
		out: Predicted;
	};
	"GET /endpoints/{name}/snippets": {
		path: { name: string };
		query: Record<string, never>;
		body: undefined;
		out: Snippet[];
	};
	"POST /endpoints/{name}/truth": {
		path: { name: string };
		query: Record<string, never>;
		body: Partial<EndpointTruth>;
		out: ServeTold;
	};
	"GET /executions": {
		path: Record<string, never>;
		query: { limit?: number };
		body: undefined;
		out: PipelineExecution[];
	};
	"POST /executions": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<PipelineRequest>;
		out: PipelineExecution;
	};
	"GET /executions/{id}": {
		path: { id: string };
		query: Record<string, never>;
		body: undefined;
		out: PipelineExecution;
	};
	"GET /experiments": {
		path: Record<string, never>;
		query: { filter?: string; order_by?: string | string[]; view?: string };
		body: undefined;
		out: RunExperiment[];
	};
	"POST /experiments": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<NewExperiment>;
		out: RunExperiment;
	};
	"DELETE /experiments/{id}": {
		path: { id: string };
		query: Record<string, never>;
		body: undefined;
		out: Record<string, never>;
	};
	"GET /experiments/{id}": {
		path: { id: string };
		query: Record<string, never>;
		body: undefined;
		out: RunExperiment;
	};
	"PATCH /experiments/{id}": {
		path: { id: string };
		query: Record<string, never>;
		body: Partial<ExperimentChange>;
		out: RunExperiment;
	};
	"POST /experiments/{id}/restore": {
		path: { id: string };
		query: Record<string, never>;
		body: undefined;
		out: Record<string, never>;
	};
	"POST /exports/mlflow": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<ExportMLflow>;
		out: MlflowExported;
	};
	"POST /fsck": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: FsckReport;
	};
	"GET /host": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: HostState;
	};
	"GET /host/history": {
		path: Record<string, never>;
		query: { after?: number; limit?: number };
		body: undefined;
		out: HostSample[];
	};
	"POST /imports/dvc": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: HistoryAccount;
	};
	"POST /imports/mlflow": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<ImportMLflow>;
		out: MlflowAccount;
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
	"GET /monitors": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: Monitor[];
	};
	"GET /monitors/{name}": {
		path: { name: string };
		query: Record<string, never>;
		body: undefined;
		out: Monitor;
	};
	"POST /monitors/{name}/evaluate": {
		path: { name: string };
		query: Record<string, never>;
		body: undefined;
		out: MonitorEvaluation;
	};
	"GET /monitors/{name}/quality": {
		path: { name: string };
		query: Record<string, never>;
		body: undefined;
		out: MonitorQuality[];
	};
	"GET /monitors/{name}/windows": {
		path: { name: string };
		query: { limit?: number; before?: number };
		body: undefined;
		out: MonitorWindow[];
	};
	"GET /monitors/{name}/windows/{id}": {
		path: { name: string; id: string };
		query: Record<string, never>;
		body: undefined;
		out: MonitorWindow;
	};
	"GET /monitors/{name}/windows/{id}/quality": {
		path: { name: string; id: string };
		query: Record<string, never>;
		body: undefined;
		out: MonitorQuality[];
	};
	"POST /objects/collect": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<DatasetCollect>;
		out: DatasetCollected;
	};
	"POST /objects/repair": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<DatasetRepair>;
		out: DatasetRepaired;
	};
	"GET /objects/usage": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: DatasetUsage;
	};
	"POST /objects/verify": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<DatasetVerifyAll>;
		out: DatasetVerified;
	};
	"GET /pipeline": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: PipelineView;
	};
	"POST /pipeline/preview": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<PipelineRequest>;
		out: PipelineView;
	};
	"GET /pointers": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: DatasetPointed[];
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
	"PUT /project/file": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<FileChange>;
		out: SourceFile;
	};
	"GET /queue": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: LaunchQueue;
	};
	"GET /remotes": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: FarRemote[];
	};
	"POST /remotes": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<FarRemote>;
		out: FarRemote[];
	};
	"POST /remotes/collect": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<DatasetCollectRemote>;
		out: DatasetCollectedRemote;
	};
	"POST /remotes/fetch": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<FetchSnapshots>;
		out: DatasetExchanged;
	};
	"POST /remotes/pull": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<PullSnapshot>;
		out: Pulled;
	};
	"POST /remotes/push": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<DatasetExchange>;
		out: DatasetExchanged;
	};
	"GET /remotes/status": {
		path: Record<string, never>;
		query: { remote?: string };
		body: undefined;
		out: DatasetRemoteStatus[];
	};
	"POST /remotes/verify": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<DatasetVerifyRemote>;
		out: DatasetVerifiedRemote;
	};
	"GET /reproductions": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: PipelineReproduction[];
	};
	"POST /reproductions": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<PipelineRepeat>;
		out: PipelineReproduction;
	};
	"GET /reproductions/{id}": {
		path: { id: string };
		query: Record<string, never>;
		body: undefined;
		out: PipelineReproduction;
	};
	"GET /runs": {
		path: Record<string, never>;
		query: { experiment?: string | string[]; filter?: string; order_by?: string | string[]; view?: string; limit?: number; page?: string };
		body: undefined;
		out: RunPage;
	};
	"POST /runs": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<LaunchRequest>;
		out: Run;
	};
	"GET /runs/compare": {
		path: Record<string, never>;
		query: { ids?: string | string[] };
		body: undefined;
		out: RunComparison;
	};
	"DELETE /runs/{id}": {
		path: { id: string };
		query: Record<string, never>;
		body: undefined;
		out: Record<string, never>;
	};
	"GET /runs/{id}": {
		path: { id: string };
		query: Record<string, never>;
		body: undefined;
		out: Run;
	};
	"PATCH /runs/{id}": {
		path: { id: string };
		query: Record<string, never>;
		body: Partial<RunChange>;
		out: Run;
	};
	"GET /runs/{id}/artifacts": {
		path: { id: string };
		query: { path?: string };
		body: undefined;
		out: RunFile[];
	};
	"GET /runs/{id}/code": {
		path: { id: string };
		query: Record<string, never>;
		body: undefined;
		out: RunCode;
	};
	"GET /runs/{id}/environment": {
		path: { id: string };
		query: Record<string, never>;
		body: undefined;
		out: LaunchEnvironment;
	};
	"GET /runs/{id}/log": {
		path: { id: string };
		query: { stream?: string; offset?: number; limit?: number };
		body: undefined;
		out: RunLog;
	};
	"GET /runs/{id}/metrics": {
		path: { id: string };
		query: { keys?: string | string[]; points?: number };
		body: undefined;
		out: MetricSeries;
	};
	"POST /runs/{id}/restore": {
		path: { id: string };
		query: Record<string, never>;
		body: undefined;
		out: Record<string, never>;
	};
	"POST /runs/{id}/stop": {
		path: { id: string };
		query: Record<string, never>;
		body: undefined;
		out: Run;
	};
	"GET /runs/{id}/system": {
		path: { id: string };
		query: { points?: number };
		body: undefined;
		out: ProcSample[];
	};
	"POST /seals": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<SealQuery>;
		out: RunSealed;
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
	"POST /snapshots/retain": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: Partial<DatasetRetain>;
		out: DatasetRetained[];
	};
	"POST /stop": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: Record<string, never>;
	};
	"GET /traces": {
		path: Record<string, never>;
		query: { experiment?: string | string[]; filter?: string; order_by?: string | string[]; limit?: number; page?: string };
		body: undefined;
		out: TracePage;
	};
	"GET /traces/{id}": {
		path: { id: string };
		query: Record<string, never>;
		body: undefined;
		out: TraceDetail;
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
