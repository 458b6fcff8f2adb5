-record(node, {
    id, type, parent, position, present, restart, significant,
    strategy, intensity, auto_shutdown, shutdown, starts = [], stops = shutdown, hooks = []
}).
-record(step, {words, action}).
-record(scenario, {number, nodes = [], steps = []}).
