// What the server sends. Rendered by JavaScriptTypesTests from the records of Netra.Realtime.Protocol: do not edit, run it with NETRA_WRITE_GOLDEN=1.

export interface EventEnvelope {
  id: string;
  first?: string;
  ts: string;
  thread_id?: string;
  run_id?: string;
  agent?: string;
  room?: string;
  truncated?: Record<string, number>;
}

export interface AgentCompletedPayload {
  result?: any;
  duration_ms: number;
  usage?: any;
}

export interface AgentFailedPayload {
  reason: 'error' | 'cancelled' | 'timed_out' | 'interrupted';
  error?: EventError;
  duration_ms: number;
}

export interface AgentRespondingPayload {
  delta: string;
  part: number;
}

export interface AgentStartedPayload {
  message?: string;
  parent_run_id?: string;
}

export interface AgentThinkingPayload {
  delta: string;
  part: number;
}

export interface ToolCompletedPayload {
  call_id: string;
  tool: string;
  status: 'succeeded' | 'failed';
  output?: any;
  error?: EventError;
  duration_ms: number;
}

export interface ToolExecutingPayload {
  call_id: string;
  tool: string;
  input?: any;
}

export interface ToolProgressPayload {
  call_id: string;
  percent?: number;
  message?: string;
}

export interface EventPayloads {
  agent_completed: AgentCompletedPayload;
  agent_failed: AgentFailedPayload;
  agent_responding: AgentRespondingPayload;
  agent_started: AgentStartedPayload;
  agent_thinking: AgentThinkingPayload;
  tool_completed: ToolCompletedPayload;
  tool_executing: ToolExecutingPayload;
  tool_progress: ToolProgressPayload;
}

export interface CursorMessage {
  type: 'cursor';
  id: string;
}

export interface ErrorMessage {
  type: 'error';
  ref?: string;
  code: string;
  message: string;
}

export interface GoAwayMessage {
  type: 'goaway';
  reason: string;
  reconnect_in_ms: number;
}

export interface PongMessage {
  type: 'pong';
  ref?: string;
}

export interface ReplyMessage {
  type: 'reply';
  ref?: string;
  data?: any;
}

export interface ResetMessage {
  type: 'reset';
  reason: 'epoch_changed' | 'too_old' | 'invalid' | 'log_lost';
  last_event_id: string;
  runs?: string[];
}

export interface WelcomeMessage {
  type: 'welcome';
  connection_id: string;
  user_id: string;
  epoch: string;
  last_event_id: string;
  resumed: boolean;
  reset?: 'epoch_changed' | 'too_old' | 'invalid' | 'log_lost';
  open_runs: OpenRunSummary[];
  heartbeat: HeartbeatSettings;
  limits: ClientLimits;
  server_time: string;
}

export interface EventError {
  code: string;
  message: string;
}

export interface OpenRunSummary {
  run_id: string;
  thread_id?: string;
  agent?: string;
  complete: boolean;
}

export interface HeartbeatSettings {
  interval_ms: number;
  timeout_ms: number;
}

export interface ClientLimits {
  max_message_bytes: number;
  messages_per_second: number;
}

export type ControlMessage = CursorMessage | ErrorMessage | GoAwayMessage | PongMessage | ReplyMessage | ResetMessage | WelcomeMessage;

export type ErrorCode = 'bad_request' | 'unknown_type' | 'too_large' | 'rate_limited' | 'limit_exceeded' | 'not_found' | 'forbidden' | 'internal';
