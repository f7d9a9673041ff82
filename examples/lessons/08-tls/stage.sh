# What `./run lesson 8` does; examples/lessons/lesson.sh has the words.
#
# It follows the README, so that what is written there is true: each command is run, and must
# say what the README shows. Its ports are others, and dates and keys are those of the day.

targets=(iotkit-certs)

# The README below "By hand", a line each: STEP and a heading; RUN and a command; SAYS and a line
# that the commands before it must have said; CONF and a line of mosquitto.conf.
read_readme() {
	awk '/^## What to watch/ { exit }
		/^```/ { kind = kind != "" ? "" : substr($0, 4); next }
		/^### / { begun = 1; print "STEP " substr($0, 5) }
		begun && kind == "sh" { print "RUN " $0 }
		begun && kind == "text" { print "SAYS " $0 }
		begun && kind == "conf" { print "CONF " $0 }' "$folder/README.md"
}

# Each port of the README is one of ours.
our_ports() {
	sed -e "s/8883/$port/g; s/8884/$((port + 100))/g; s/8885/$((port + 200))/g; s/1883/$((port + 300))/g"
}

# What must be said, as a regular expression.
pattern() {
	sed -e 's/[][(){}.*+?|^$\\]/\\&/g' -e 's/\(:\|usually \)[0-9]\{4\}/\1[0-9]+/g' \
		-e 's/20[0-9-]* [0-9:]* UTC/20[0-9-]* [0-9:]* UTC/g' -e 's/[0-9]* days/[0-9]+ days/g' \
		-e 's/[0-9a-f]\{64\}/[0-9a-f]{64}/g' -e 's/^/^/' <<<"$1"
}

# So that the README's commands are those of this language.
install_program() {
	mkdir -p "$place/bin"
	printf '#!/bin/sh\nexec %s "$@"\n' "$(printf '%q ' "${program[@]}")" >"$place/bin/lesson-$number"
	chmod +x "$place/bin/lesson-$number"
	PATH=$place/bin:$PATH
	# It is started some twenty times, and need not be compiled as often.
	unset PYTHONDONTWRITEBYTECODE
	export PYTHONPYCACHEPREFIX=$place/pycache
}

make_certificates() {
	local command
	read_readme | sed -n '/^CONF/,$d; s/^RUN //p' | while IFS= read -r command; do
		(cd "$place" && bash -c "$command" >/dev/null 2>&1) || give_up "$command"
	done
}

configure_broker() {
	[[ -d $place/openssl ]] || make_certificates
	{
		printf 'log_dest stderr\nlog_type all\nlog_timestamp_format %%Y-%%m-%%dT%%H:%%M:%%S\n'
		read_readme | sed -n 's/^CONF //p' | our_ports |
			sed "s/^user .*/user $(id -un)/; s|^\(.*file\) |\1 $place/|"
	} >"$place/mosquitto.conf"
}

broker_uri() {
	say "mqtts://localhost:$port?tls.ca_file=$place/ca.crt"
}

watching() {
	say "  mosquitto_sub -h localhost -p $port --cafile $place/ca.crt -v -t '#'"
}

# Some commands are there to fail: what they say is what counts, and that of the last one.
command_of_readme() {
	local command
	command=$(our_ports <<<"$1")
	[[ $command != */mosquitto* ]] || return 0 # it runs already
	say "  \$ $command"
	[[ ! -f $place/program.log ]] || marks[program]=$(wc -l <"$place/program.log")
	(cd "$place" && exec bash -c "$command" </dev/null 2>&1) | annotate program || true
}

steps() {
	local kind rest
	install_program
	while read -r -u 3 kind rest; do
		case $kind in
		STEP) step "$rest" ;;
		RUN) command_of_readme "$rest" ;;
		SAYS)
			expect program "$(pattern "$rest")"
			[[ $rest != *"cannot mend it)" ]] || reject program "^connected"
			;;
		esac
	done 3< <(read_readme | sed '1,/^CONF/ { /^CONF/!d }')
}
