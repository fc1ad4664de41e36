# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /build && python -m venv --without-pip /opt/korpu
COPY requirements.lock requirements.run.lock ./
RUN /build/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && /build/bin/pip --python /opt/korpu/bin/python install --no-cache-dir --require-hashes -r requirements.run.lock
COPY . .
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /build/bin/pip --python /opt/korpu/bin/python install --no-cache-dir --no-deps /wheels/*.whl

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/korpu --create-home korpu
COPY --from=build /opt/korpu /opt/korpu
ENV PATH=/opt/korpu/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    KORPU_HOST=0.0.0.0 \
    KORPU_PORT=8000 \
    KORPU_HOME=/var/lib/korpu
USER korpu
WORKDIR /var/lib/korpu
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['KORPU_PORT']}/health/ready\", timeout=4)"]
ENTRYPOINT ["korpu"]
CMD ["serve"]
