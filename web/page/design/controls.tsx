/** Small controls that every view uses: buttons and fields with their names, states and test ids. */
import type { ComponentChildren, JSX } from 'preact';
import { Icon, type IconName } from './icon.tsx';

export interface ButtonProps {
  readonly label: string;
  /** `plain` where nothing is said. */
  readonly kind?: 'primary' | 'plain' | 'danger' | 'quiet';
  readonly icon?: IconName;
  readonly testId?: string;
  readonly disabled?: boolean;
  /** Without `onPress`: the button sends its form. */
  readonly onPress?: () => void;
}

export function Button({ label, kind = 'plain', icon, testId, disabled, onPress }: ButtonProps): JSX.Element {
  return (
    <button
      type={onPress === undefined ? 'submit' : 'button'}
      class="button"
      data-kind={kind}
      data-testid={testId}
      disabled={disabled}
      onClick={onPress}
    >
      {icon === undefined ? null : <Icon name={icon} />}
      {label}
    </button>
  );
}

export interface RoundButtonProps {
  readonly icon: IconName;
  /** What it does: its name for screen readers, and its tooltip. */
  readonly label: string;
  readonly testId?: string;
  readonly pressed?: boolean;
  readonly onPress: () => void;
}

/** A button that is an icon alone. */
export function RoundButton({ icon, label, testId, pressed, onPress }: RoundButtonProps): JSX.Element {
  return (
    <button
      type="button"
      class="round-button"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      data-testid={testId}
      onClick={onPress}
    >
      <Icon name={icon} />
    </button>
  );
}

export interface ToolProps {
  readonly icon: IconName;
  /** The word below the icon. */
  readonly label: string;
  /** What a press does, for the tooltip. @default the label */
  readonly hint?: string;
  readonly testId?: string;
  /** For a switch. */
  readonly pressed?: boolean;
  /** For what opens something. */
  readonly expanded?: boolean;
  /** `off` is drawn as a warning: a muted microphone; `none` where a press tries to get it; `active` where something runs. */
  readonly state?: 'on' | 'off' | 'none' | 'active';
  readonly kind?: 'danger';
  /** A number in the corner: unread messages. */
  readonly count?: number;
  /** Shown in the tooltip and told to screen readers, as `aria-keyshortcuts` writes it. */
  readonly shortcut?: string;
  readonly disabled?: boolean;
  readonly onPress: () => void;
}

/** A button of the call's toolbar: icon above word. */
export function Tool(props: ToolProps): JSX.Element {
  const {
    icon,
    label,
    hint = label,
    testId,
    pressed,
    expanded,
    state,
    kind,
    count = 0,
    shortcut,
    disabled,
    onPress,
  } = props;
  return (
    <button
      type="button"
      class="tool"
      data-testid={testId}
      data-state={state}
      data-kind={kind}
      aria-pressed={pressed}
      aria-expanded={expanded}
      aria-keyshortcuts={shortcut}
      title={shortcut === undefined ? hint : `${hint} (${shortcut})`}
      disabled={disabled}
      onClick={onPress}
    >
      <Icon name={icon} />
      <span>{label}</span>
      {count > 0 ? (
        <span class="count" aria-hidden="true">
          {count > 99 ? '99+' : count}
        </span>
      ) : null}
    </button>
  );
}

export interface FieldProps {
  readonly label: string;
  readonly children: ComponentChildren;
}

/** A label above a control. */
export function Field({ label, children }: FieldProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
    </label>
  );
}

export interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
}

export interface SelectProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly choices: readonly Choice<Value>[];
  readonly testId?: string;
  readonly disabled?: boolean;
  readonly onChoose: (value: Value) => void;
}

/** A drop-down list with its label. */
export function Select<Value extends string>(props: SelectProps<Value>): JSX.Element {
  const { label, value, choices, testId, disabled, onChoose } = props;
  return (
    <Field label={label}>
      <select
        data-testid={testId}
        disabled={disabled}
        value={value}
        onChange={(event) => {
          const chosen = choices.find((choice) => choice.value === event.currentTarget.value);
          if (chosen !== undefined) onChoose(chosen.value);
        }}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} selected={choice.value === value}>
            {choice.label}
          </option>
        ))}
      </select>
    </Field>
  );
}

export interface CheckProps {
  readonly label: string;
  readonly checked: boolean;
  readonly testId?: string;
  readonly disabled?: boolean;
  readonly onChange: (checked: boolean) => void;
}

export function Check({ label, checked, testId, disabled, onChange }: CheckProps): JSX.Element {
  return (
    <label class="check">
      <input
        type="checkbox"
        data-testid={testId}
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}
