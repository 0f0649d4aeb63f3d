"""A client of Python's `websockets`, led by lines of JSON on its standard input; it says on its standard output, a line each, what it sees."""
import asyncio
import json
import sys
import threading

import websockets
from websockets.frames import Opcode


def say(**what):
    print(json.dumps(what), flush=True)


async def read(socket):
    error = ""
    try:
        async for message in socket:
            is_text = isinstance(message, str)
            say(on="text" if is_text else "binary", data=message if is_text else message.decode("utf-8"))
    except websockets.ConnectionClosedError as e:
        error = "" if e.rcvd and e.sent else str(e)  # a code other than 1000 and 1001 is an error there, though the close was clean
    say(on="close", code=socket.close_code, reason=socket.close_reason, error=error)


async def ping(socket, data):
    await (await socket.ping(data))  # answered: by a pong with the same payload, or it would wait for ever
    say(on="pong", data=data)


async def main(commands):
    socket = None
    tasks = []
    while (line := await commands.get()) is not None:
        command = json.loads(line)
        data = command.get("data")
        match command["do"]:
            case "connect":
                try:
                    socket = await websockets.connect(
                        command["url"], extra_headers=command["headers"], subprotocols=command["protocols"] or None, ping_interval=None, max_size=None)
                    say(on="open", protocol=socket.subprotocol or "", extensions=",".join(extension.name for extension in socket.extensions))
                    tasks.append(asyncio.create_task(read(socket)))
                except websockets.InvalidStatusCode as e:
                    say(on="refused", status=e.status_code)
            case "text" | "fragments":
                await socket.send(data)
            case "binary":
                await socket.send(bytes.fromhex(data))
            case "invalid":
                await socket.write_frame(True, Opcode.TEXT, bytes.fromhex(data))
            case "ping":
                tasks.append(asyncio.create_task(ping(socket, data)))
            case "close":
                tasks.append(asyncio.create_task(socket.close(command["code"], command["reason"])))


def pump(loop, commands):
    for line in sys.stdin:
        loop.call_soon_threadsafe(commands.put_nowait, line)
    loop.call_soon_threadsafe(commands.put_nowait, None)


async def start():
    commands = asyncio.Queue()
    threading.Thread(target=pump, args=(asyncio.get_running_loop(), commands), daemon=True).start()
    await main(commands)


asyncio.run(start())
